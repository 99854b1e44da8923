#include "accounts/identity/secrets.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "common/secret_store.hpp"

namespace saker::accounts {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

bool read_key(const std::string& path, Digest& key) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    if (errno == ENOENT) return false;
    fail(path, std::string("cannot be opened: ") + std::strerror(errno));
  }
  struct stat info {};
  char text[80];
  const bool known = ::fstat(fd, &info) == 0;
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  if (!known || (info.st_mode & 077) != 0) {
    fail(path, "can be read by others than its owner; make it mode 0600");
  }
  if (size < 0 || !parse_secret({text, static_cast<std::size_t>(size)}, key)) {
    fail(path, "must hold 64 hexadecimal digits");
  }
  return true;
}

/// Under another name first, so that a crash leaves no half key and a key that is there stays.
void make_key(const std::string& path) {
  Digest key;
  randombytes_buf(key.data(), key.size());
  char text[2 * sizeof key + 1];
  sodium_bin2hex(text, sizeof text, key.data(), key.size());
  text[sizeof text - 1] = '\n';
  const std::string temporary = path + "." + std::to_string(::getpid()) + ".new";
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, text, sizeof text) == sizeof text &&
                       ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  const bool linked =
      written && (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST);
  ::unlink(temporary.c_str());
  if (!linked) fail(path, std::string("cannot be made: ") + std::strerror(error));
}

}  // namespace

IdentityKey IdentityKey::load(const std::string& secrets_directory) {
  const std::string path = secrets_directory + "/identity.key";
  Digest key;
  if (!read_key(path, key)) {
    if (::mkdir(secrets_directory.c_str(), 0700) != 0 && errno != EEXIST) {
      fail(secrets_directory, std::string("cannot be made: ") + std::strerror(errno));
    }
    make_key(path);
    if (!read_key(path, key)) fail(path, "is gone again");
  }
  return IdentityKey(key);
}

Digest IdentityKey::hash(char purpose, std::string_view first, std::string_view second) const {
  // The length of the first part keeps ("ab","c") and ("a","bc") apart.
  const std::uint64_t length = first.size();
  Digest digest;
  crypto_generichash_state state;
  crypto_generichash_init(&state, key_.data(), key_.size(), digest.size());
  const auto add = [&state](const void* data, std::size_t size) {
    crypto_generichash_update(&state, static_cast<const unsigned char*>(data), size);
  };
  add(&purpose, 1);
  add(&length, sizeof length);
  add(first.data(), first.size());
  add(second.data(), second.size());
  crypto_generichash_final(&state, digest.data(), digest.size());
  return digest;
}

Digest IdentityKey::hash_code(std::string_view email, std::string_view code) const {
  return hash('c', email, code);
}

Digest IdentityKey::hash_token(std::string_view token) const { return hash('t', token, {}); }

std::string make_code() {
  std::string digits = std::to_string(randombytes_uniform(1'000'000));
  return std::string(6 - digits.size(), '0') + digits;
}

std::string make_token() {
  unsigned char bytes[32];
  randombytes_buf(bytes, sizeof bytes);
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  char text[sodium_base64_ENCODED_LEN(sizeof bytes, kVariant)];
  sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, kVariant);
  return text;
}

bool equal_digests(const Digest& a, const Digest& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string normalise_code(std::string_view text) {
  std::string code;
  for (const char c : text) {
    if (c == ' ' || c == '-') continue;
    if (c < '0' || c > '9' || code.size() == 6) return {};
    code += c;
  }
  return code.size() == 6 ? code : std::string();
}

}  // namespace saker::accounts
