#include "bench/site.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "client/socket_session.hpp"

namespace saker::bench {

namespace {

struct WireNames {
  Wire wire;
  const char* name;
  const char* text;
};
constexpr std::array<WireNames, 4> kWires{{
    {Wire::kSockets, "sockets", "UDP sockets over loopback"},
    {Wire::kMemif, "memif", "DPDK over memif: shared memory between two processes"},
    {Wire::kVhost, "vhost", "DPDK over vhost-user and virtio_user: shared memory, virtio rings"},
    {Wire::kAfPacket, "af_packet", "DPDK over af_packet on a veth pair: through the kernel"},
}};

constexpr std::uint16_t kClientPort = 40'000;

bool write_file(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

}  // namespace

bool parse_wire(const std::string& text, Wire& wire) {
  for (const WireNames& names : kWires) {
    if (text != names.name) continue;
    wire = names.wire;
    return true;
  }
  return false;
}
const char* wire_name(Wire wire) { return kWires[static_cast<std::size_t>(wire)].name; }
const char* wire_text(Wire wire) { return kWires[static_cast<std::size_t>(wire)].text; }

Site::~Site() {
  std::error_code none;
  if (!folder_.empty() && options_.folder.empty()) std::filesystem::remove_all(folder_, none);
}

bool Site::make(std::string& error) {
  std::error_code failed;
  const char* temporary = std::getenv("TMPDIR");
  std::string name = (temporary != nullptr ? std::string(temporary) : "/tmp");
  name += "/saker-bench-XXXXXX";
  if (!options_.folder.empty()) {
    std::filesystem::create_directories(options_.folder, failed);
    folder_ = std::filesystem::absolute(options_.folder).string();
  } else if (::mkdtemp(name.data()) != nullptr) {
    folder_ = name;
  }
  if (failed || folder_.empty()) {
    error = "cannot make the folder for the engine's data";
    return false;
  }
  for (const char* left : {"/wire-0.sock", "/wire-1.sock"}) {  // of an earlier run
    std::filesystem::remove(folder_ + left, failed);
  }
  if (options_.wire == Wire::kAfPacket && !make_namespace(error)) return false;
  if (!write("venue.toml", venue_text(), error)) return false;
  if (!write("engine.toml", engine_text(), error)) return false;
  for (unsigned number = 1; is_dpdk(options_.wire) && number <= 3; ++number) {
    if (!write("dpdk-" + std::to_string(number) + ".toml", dpdk_text(number), error)) return false;
  }
  return true;
}

bool Site::write(const std::string& name, const std::string& text, std::string& error) const {
  std::ofstream file(folder_ + "/" + name);
  file << text;
  file.close();
  if (!file) error = "cannot write " + folder_ + "/" + name;
  return error.empty();
}

End Site::end(unsigned number) const {
  End end;
  end.wire = options_.wire;
  const bool serves = number % 2 == 0;
  const auto service_port =
      static_cast<std::uint16_t>(options_.port_base + (number < 2 ? 1 : 8));
  if (!is_dpdk(options_.wire)) {
    end.local = {net::kLoopbackAddress, serves ? service_port : std::uint16_t{0}};
    return end;
  }
  // 10.77.0.1 and .2 are the engine's wire, 10.77.1.1 and .2 the echo's.
  end.local = {0x0A4D0001 + (number / 2 << 8) + number % 2, serves ? service_port : kClientPort};
  end.dpdk_config = folder_ + "/dpdk-" + std::to_string(number) + ".toml";
  return end;
}

std::string Site::device_text(unsigned number) const {
  const bool serves = number % 2 == 0;
  const std::string socket = folder_ + "/wire-" + std::to_string(number / 2) + ".sock";
  switch (options_.wire) {
    case Wire::kSockets: return {};
    case Wire::kMemif:
      return std::string("net_memif0,role=") + (serves ? "server" : "client") +
             ",id=0,socket-abstract=no,socket=" + socket;
    case Wire::kVhost:
      return serves ? "net_vhost0,iface=" + socket + ",queues=1"
                    : "net_virtio_user0,path=" + socket + ",queues=1";
    case Wire::kAfPacket: return "net_af_packet0,iface=saker" + std::to_string(number);
  }
  return {};
}

std::string Site::dpdk_text(unsigned number) const {
  return "[dpdk]\ndevice = " + quoted(device_text(number)) +
         "\naddress = " + quoted(net::address_text(end(number).local.address)) +
         // Drivers draw random ones, but forked processes draw the same.
         "\nmac = " + quoted("02:53:4b:00:00:0" + std::to_string(number + 1)) +
         // Between the two ends of a virtio ring nobody computes what never leaves the memory.
         "\nreceive_checksums = " + quoted(options_.wire == Wire::kVhost ? "partial" : "nic") +
         "\nmemory = " + quoted(options_.huge_pages ? "2M" : "none") + "\n";
}

std::string Site::engine_text() const {
  std::string text = "[loop]\nwait = " + quoted(options_.wait) + "\n";
  text += "log_writer = \"" + options_.log_writer + "\"\n";
  text += "log_writer_cpu = " + std::to_string(options_.log_writer_cpu) + "\n";
  // The log writer may have to wait for a core while generator and hot thread have all of them.
  text += "[commit]\nring = \"128MiB\"\nsegment = " + quoted(options_.segment) + "\n";
  text += "policy = " + quoted(options_.policy) + "\n";
  text += "[sessions]\norders_per_second = 0\ncancels_per_second = 0\n";
  text += std::string("untagged = ") + (options_.untagged ? "true" : "false") + "\n";
  text += "[venue]\nfile = \"venue.toml\"\n";
  if (is_dpdk(options_.wire)) text += dpdk_text(0);
  return text;
}

// Firm 1 with session 1 is the venue; sessions and accounts from 2 on trade, one group each, so
// that no order of theirs is ever kept from trading with another.
std::string Site::venue_text() const {
  const std::uint32_t last = kFirstSession + options_.sessions - 1;
  const std::string room = std::to_string(last + 8);
  std::string text =
      "[genesis]\nvenue = \"bench\"\nrandom_seed = 1\norders = 131_072\nprice_leaves = 32_768\n"
      "assets = 4\nmarkets = 4\nfirms = 4\nwithdrawals = 16\nproposals = 16\ntrades = 1_024\n"
      "client_ids_per_account = 1_280\n";
  for (const char* what : {"groups", "accounts", "sessions", "grants"}) {
    text += std::string(what) + " = " + room + "\n";
  }
  text +=
      "[[asset]]\nid = 1\nsymbol = \"EUR\"\ndecimals = 2\n"
      "[[asset]]\nid = 2\nsymbol = \"KCN\"\ndecimals = 8\n"
      "[[firm]]\nid = 1\nname = \"saker\"\n[[firm]]\nid = 2\nname = \"makers\"\n";
  for (std::uint32_t i = 1; i <= last; ++i) {
    const std::string id = std::to_string(i);
    text += "[[group]]\nid = " + id + "\nfirm = " + (i == 1 ? "1" : "2") + "\nname = \"g" + id +
            "\"\n";
  }
  for (std::uint32_t i = 1; i <= last; ++i) {
    const std::string id = std::to_string(i);
    text += "[[account]]\nid = " + id + "\ngroup = " + id + "\nname = \"a" + id +
            "\"\nmax_open_orders = 0\n";
  }
  for (std::uint32_t i = 1; i <= last; ++i) {
    const std::string id = std::to_string(i);
    text += "[[session]]\nid = " + id + "\nfirm = " + (i == 1 ? "1" : "2") + "\nname = \"s" + id +
            "\"\nkey = " + std::to_string(i == 1 ? 1 : kKey) +
            "\nrights = " + (i == 1 ? "[\"administer\"]" : "[\"trade\", \"cancel\"]") +
            "\ncancel_on_disconnect = false\n";
  }
  for (std::uint32_t i = kFirstSession; i <= last; ++i) {
    const std::string id = std::to_string(i);
    text += "[[grant]]\nsession = " + id + "\naccounts = [" + id +
            "]\nrights = [\"trade\", \"cancel\"]\n[[deposit]]\naccount = " + id +
            "\nasset = \"EUR\"\namount = \"1000000.00\"\n";
  }
  text +=
      "[[market]]\nid = 1\nsymbol = \"KCN/EUR\"\nbase = \"KCN\"\nquote = \"EUR\"\n"
      "fee_account = 1\nprice_decimals = 2\ntick_size = \"0.01\"\nlot_size = \"1\"\n"
      "reference_price = \"25.00\"\nmin_quantity = \"1\"\nmax_quantity = \"1000000\"\n"
      "min_notional = \"1.00\"\nmax_notional = \"0\"\nmax_price = \"10000.00\"\n"
      "price_band_ppm = 200_000\nprotection_ppm = 50_000\nmaker_fee_ppm = 200\n"
      "taker_fee_ppm = 500\nphase = \"open\"\n";
  return text;
}

bool Site::sessions(std::vector<client::SessionConfig>& configs, std::string& error) const {
  client::SessionConfig config;
  const End engine = engine_end();
  if (!client::load_session(data() + "/secrets", kFirstSession, kKey,
                            net::address_text(engine.local.address), options_.port_base, config,
                            error)) {
    return false;
  }
  config.engine = engine.local;
  config.follower = {};
  config.tagged = !options_.untagged;
  if (options_.sessions > 1) {
    // A thousand tables of the usual size would be a measurement of this machine's memory; they
    // would lie on a thousand machines.
    const std::uint32_t each = options_.window / options_.sessions + 1;
    config.in_flight_slots = std::bit_ceil(std::max(8u, 4 * each));
    config.report_slots = config.in_flight_slots;
  }
  for (std::uint32_t i = 0; i < options_.sessions; ++i) {
    configs.push_back(config);
    configs.back().session = kFirstSession + i;
    configs.back().nonce_seed += std::uint64_t{i} << 40;
  }
  return true;
}

// Own network, own (if we are not root) users: nothing of it is seen outside, and it goes with
// the last process in it.
bool Site::make_namespace(std::string& error) const {
  const std::string uid = std::to_string(::getuid());
  const std::string gid = std::to_string(::getgid());
  const bool root = ::geteuid() == 0;
  if (::unshare(root ? CLONE_NEWNET : CLONE_NEWNET | CLONE_NEWUSER) != 0) {
    error = "no network namespace to be had: " + std::string(std::strerror(errno));
    return false;
  }
  if (!root && (!write_file("/proc/self/setgroups", "deny") ||
                !write_file("/proc/self/uid_map", "0 " + uid + " 1") ||
                !write_file("/proc/self/gid_map", "0 " + gid + " 1"))) {
    error = "no user namespace to be had";
    return false;
  }
  std::string commands = "ip link set lo up";
  for (const int number : {0, 2}) {
    const std::string a = "saker" + std::to_string(number);
    const std::string b = "saker" + std::to_string(number + 1);
    commands += " && ip link add " + a + " type veth peer name " + b;
    for (const std::string& end : {a, b}) {
      // The kernel's own neighbour discovery has no business on these wires.
      commands += " && ip link set " + end + " addrgenmode none up";
    }
  }
  if (std::system(commands.c_str()) == 0) return true;
  error = "the veth pairs cannot be made: is ip(8) there?";
  return false;
}

}  // namespace saker::bench
