#include "bench/facts.hpp"

#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <cstdio>
#include <ctime>
#include <fstream>

#include "bench/build_info.hpp"

namespace saker::bench {

namespace {

/// Value of the first line "name : value" of a file like /proc/cpuinfo; "?" when there is none.
std::string value_in(const char* path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) return line.substr(line.find_first_not_of(" \t", colon + 1));
  }
  return "?";
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line.empty() ? "?" : line;
}

std::string processor() {
  unsigned cores = 0;
  bool virtual_machine = false;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    cores += line.rfind("processor", 0) == 0;
    virtual_machine |= line.rfind("flags", 0) == 0 && line.find("hypervisor") != std::string::npos;
  }
  return value_in("/proc/cpuinfo", "model name") + ", " + std::to_string(cores) + " cores" +
         (virtual_machine ? ", virtual machine" : "");
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
  return text;
}

std::string build_flags() {
  std::string text = "g++ or clang " __VERSION__;
#ifdef __OPTIMIZE__
  text += ", optimised";
#else
  text += ", NOT OPTIMISED";
#endif
#ifdef __SANITIZE_ADDRESS__
  text += ", WITH SANITIZERS";
#endif
  return text + ", " + SAKER_BUILD_FLAGS;
}

}  // namespace

std::string with_commas(double value) {
  char digits[64];
  std::snprintf(digits, sizeof digits, "%.0f", value);
  const std::string_view all(digits);
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool group_ends = i > 0 && (all.size() - i) % 3 == 0 && all[i - 1] != '-';
    if (group_ends) text += ',';
    text += all[i];
  }
  return text;
}

std::vector<Fact> machine_facts() {
  utsname kernel{};
  ::uname(&kernel);
  return {{"taken", now_text()},
          {"commit", kCommit},
          {"build", build_flags()},
          {"machine", processor()},
          {"kernel", std::string(kernel.sysname) + " " + kernel.release},
          {"DPDK", SAKER_DPDK_VERSION},
          {"machine load", first_line("/proc/loadavg")}};
}

std::string file_system_of(const std::string& folder) {
  struct statfs info {};
  const bool memory = ::statfs(folder.c_str(), &info) == 0 && info.f_type == TMPFS_MAGIC;
  return memory ? "tmpfs" : "a disk";
}

std::uint64_t thread_cpu_ns(int pid, int tid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) +
                     "/schedstat");
  std::uint64_t ran_ns = 0;
  file >> ran_ns;
  return ran_ns;
}

}  // namespace saker::bench
