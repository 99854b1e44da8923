#include "journal/evidence/seed_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "common/assert.hpp"
#include "journal/evidence/head_file.hpp"

namespace saker::evidence {

namespace {

constexpr std::size_t kTextBytes = 65;  // 64 digits and a line end

std::string why(const std::string& path) { return path + ": " + std::strerror(errno); }

/// What a file of at most 65 bytes holds; longer ones are cut there, which no key survives.
bool read_text(const std::string& path, std::string& text, std::string& error) {
  std::ifstream file(path, std::ios::binary);
  text.resize(kTextBytes + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad() || !file.is_open()) error = why(path);
  return file.is_open() && !file.bad();
}

/// Written beside, made durable, then moved into place.
bool write_text(const std::string& path, const std::string& text, mode_t mode,
                std::string& error) {
  const std::string draft = path + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  const bool written = fd >= 0 && ::fchmod(fd, mode) == 0 &&
                       ::write(fd, text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (!written) error = why(draft);
  if (fd >= 0) ::close(fd);
  if (!written) return false;
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    error = why(path);
    return false;
  }
  const std::string folder = path.substr(0, path.find_last_of('/'));
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool kept = directory >= 0 && ::fsync(directory) == 0;
  if (!kept) error = why(folder);
  if (directory >= 0) ::close(directory);
  return kept;
}

}  // namespace

bool load_seed(const std::string& path, Seed& seed, std::string& error) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    error = why(path);
    return false;
  }
  if ((about.st_mode & 077) != 0) {
    error = path + " can be read by others: chmod 600";
    return false;
  }
  std::string text;
  if (!read_text(path, text, error)) return false;
  const bool good = parse_key(text, seed);
  sodium_memzero(text.data(), text.size());
  if (!good) error = path + ": 64 hexadecimal digits are wanted";
  return good;
}

bool make_seed(const std::string& path, std::string& error) {
  if (::access(path.c_str(), F_OK) == 0) return true;
  SAKER_ASSERT(sodium_init() >= 0);
  Seed seed;
  randombytes_buf(seed.data(), seed.size());
  std::string text = to_hex(std::as_bytes(std::span(seed))) + "\n";
  const bool made = write_text(path, text, 0600, error);
  sodium_memzero(text.data(), text.size());
  sodium_memzero(seed.data(), seed.size());
  return made;
}

bool publish_key(const std::string& directory, const PublicKey& key, std::string& error) {
  return write_text(directory + "/" + kPublicKeyFile, to_hex(std::as_bytes(std::span(key))) + "\n",
                    0644, error);
}

bool read_public_key(const std::string& text, PublicKey& key, std::string& error) {
  if (parse_key(text, key)) return true;
  std::string content;
  if (!read_text(text, content, error)) return false;
  if (parse_key(content, key)) return true;
  error = text + ": 64 hexadecimal digits are wanted";
  return false;
}

}  // namespace saker::evidence
