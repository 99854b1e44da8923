#include "common/secret_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace saker {

namespace {

std::string secret_problem(const std::string& path, const char* what) {
  return path + ": " + what + ": " + std::strerror(errno);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The id in `key-<id>.hex`; false for any other name.
bool key_id_of(std::string_view name, std::uint32_t& key_id) {
  if (!name.starts_with("key-") || !name.ends_with(".hex")) return false;
  const char* first = name.data() + 4;
  const char* last = name.data() + name.size() - 4;
  const auto [end, result] = std::from_chars(first, last, key_id);
  return result == std::errc() && end == last && first != last && *first != '0' &&
         key_id <= SecretStore::kMaxKeyId;
}

}  // namespace

bool parse_secret(std::string_view text, SecretStore::Secret& secret) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() != 2 * secret.size()) return false;
  SecretStore::Secret read{};
  for (std::size_t i = 0; i < read.size(); ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    read[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  secret = read;
  return true;
}

std::string SecretStore::path_of(std::uint32_t key_id) const {
  return directory_ + "/key-" + std::to_string(key_id) + ".hex";
}

bool SecretStore::read_file(const std::string& path, Secret& secret, std::string& error) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    error = secret_problem(path, "cannot be opened");
    return false;
  }
  struct stat info {};
  char text[128];
  const bool known = ::fstat(fd, &info) == 0;
  const ssize_t n = ::read(fd, text, sizeof text);
  ::close(fd);
  if (!known || !S_ISREG(info.st_mode)) {
    error = path + ": is not a file";
  } else if ((info.st_mode & 077) != 0) {
    error = path + ": can be read by others than its owner; make it mode 0600";
  } else if (n < 0 || !parse_secret({text, static_cast<std::size_t>(n)}, secret)) {
    error = path + ": must hold 64 hexadecimal digits";
  } else {
    return true;
  }
  return false;
}

bool SecretStore::load(std::string& error) {
  DIR* folder = ::opendir(directory_.c_str());
  if (folder == nullptr) {
    if (errno == ENOENT) return true;
    error = secret_problem(directory_, "cannot be read");
    return false;
  }
  std::vector<Entry> entries;
  bool good = true;
  while (const dirent* file = good ? ::readdir(folder) : nullptr) {
    Entry entry{};
    if (!key_id_of(file->d_name, entry.key_id)) continue;
    good = read_file(path_of(entry.key_id), entry.secret, error);
    if (good) entries.push_back(entry);
  }
  ::closedir(folder);
  if (!good) return false;
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.key_id < b.key_id; });
  entries_ = std::move(entries);
  return true;
}

const SecretStore::Secret* SecretStore::find(std::uint32_t key_id) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), key_id,
                       [](const Entry& entry, std::uint32_t id) { return entry.key_id < id; });
  return at != entries_.end() && at->key_id == key_id ? &at->secret : nullptr;
}

std::size_t SecretStore::size() const { return entries_.size(); }

bool SecretStore::create(std::uint32_t key_id, std::string& error) {
  if (find(key_id) != nullptr) return true;
  if (key_id == 0 || key_id > kMaxKeyId) {
    error = "key id " + std::to_string(key_id) + " is out of range";
    return false;
  }
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    error = secret_problem(directory_, "cannot be created");
    return false;
  }
  Secret secret{};
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    error = "no random bytes to be had";
    return false;
  }
  std::string text;
  for (const std::uint8_t byte : secret) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  text += '\n';
  // Under another name first: a crash leaves no half key, and a key that is there stays.
  const std::string path = path_of(key_id);
  const std::string temporary = path + "." + std::to_string(::getpid()) + ".new";
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = fd >= 0 &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (!written) error = secret_problem(temporary, "cannot be written");
  if (fd >= 0) ::close(fd);
  const bool linked = written && (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  if (written && !linked) error = secret_problem(path, "cannot be created");
  ::unlink(temporary.c_str());
  return linked && load(error);
}

}  // namespace saker
