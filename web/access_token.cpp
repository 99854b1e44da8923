#include "web/access_token.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "common/assert.hpp"
#include "web/json.hpp"

namespace saker::web {

namespace {

constexpr std::size_t kMostTokenBytes = 1'024;
constexpr std::size_t kMostChecked = 8'192;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
// Before what is signed, so that a signature for one purpose is none for another.
constexpr std::string_view kPurpose = "saker access token 1\n";

using HexKey = std::array<unsigned char, 32>;

std::string to_base64(const unsigned char* data, std::size_t size) {
  std::string text(sodium_base64_encoded_len(size, kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), data, size, kVariant);
  text.resize(std::strlen(text.c_str()));
  return text;
}

/// Nothing for text that is not the one encoding of its bytes, or of more than `most` bytes.
std::optional<std::string> from_base64(std::string_view text, std::size_t most) {
  std::string bytes(most, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  // libsodium's table look-up without branches takes some bytes above 127 for letters.
  if (!std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
      })) {
    return std::nullopt;
  }
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, &end, kVariant) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

std::string to_hex(const unsigned char* data, std::size_t size) {
  std::string text(size * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), data, size);
  text.pop_back();
  return text;
}

bool from_hex(std::string_view text, HexKey& key) {
  std::size_t size = 0;
  const char* end = nullptr;
  return text.size() == key.size() * 2 &&
         sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), nullptr, &size, &end) ==
             0 &&
         size == key.size() && end == text.data() + text.size();
}

/// The content without a final newline; nothing when there is no such file. Throws when it cannot
/// be read or, for secrets, when others than its owner may.
std::optional<std::string> read_small_file(const std::string& path, bool secret) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw std::runtime_error(path + ": " + std::strerror(errno));
  }
  struct stat info {};
  char buffer[256];
  const bool open_to_others = ::fstat(fd, &info) == 0 && (info.st_mode & 077) != 0;
  const ssize_t size = ::read(fd, buffer, sizeof buffer);
  ::close(fd);
  if (size < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
  if (secret && open_to_others) {
    throw std::runtime_error(path + ": is open to others than its owner (chmod 600)");
  }
  std::string text(buffer, static_cast<std::size_t>(size));
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

/// Writes a file that was not there: whole or not at all, also when two processes try at once.
/// True when this one made it.
bool create_file(const std::string& path, const std::string& text, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  if (fd < 0) throw std::runtime_error(temporary + ": " + std::strerror(errno));
  const std::string line = text + "\n";
  const bool written =
      ::fchmod(fd, mode) == 0 &&
      ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      ::fsync(fd) == 0;
  const int write_error = errno;
  ::close(fd);
  const bool linked = written && ::link(temporary.c_str(), path.c_str()) == 0;
  const int link_error = errno;
  ::unlink(temporary.c_str());
  const int folder = ::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY);
  if (folder >= 0) {
    ::fsync(folder);  // two files belong together; neither may be lost in a crash
    ::close(folder);
  }
  if (!written) throw std::runtime_error(path + ": " + std::strerror(write_error));
  if (!linked && link_error != EEXIST) {
    throw std::runtime_error(path + ": " + std::strerror(link_error));
  }
  return linked;
}

/// Reads a secret of 64 hexadecimal digits, making it first if nobody has.
std::string load_or_create(const std::string& directory, const std::string& name) {
  SAKER_ASSERT(sodium_init() >= 0);
  const std::string path = directory + "/" + name;
  auto text = read_small_file(path, true);
  if (!text) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
      throw std::runtime_error(directory + ": " + std::strerror(errno));
    }
    HexKey fresh;
    randombytes_buf(fresh.data(), fresh.size());
    create_file(path, to_hex(fresh.data(), fresh.size()), 0600);
    text = read_small_file(path, true);  // ours, or that of who was faster
  }
  HexKey key;
  if (!text || !from_hex(*text, key)) {
    throw std::runtime_error(path + ": must be 64 hexadecimal digits");
  }
  return *text;
}

std::string signed_text(std::string_view payload) {
  return std::string(kPurpose) + std::string(payload);
}

}  // namespace

TokenSigner::TokenSigner(const std::string& secrets_directory) {
  const std::string seed_text = load_or_create(secrets_directory, "token-signing.key");
  HexKey seed, verify;
  SAKER_ASSERT(from_hex(seed_text, seed));
  crypto_sign_seed_keypair(verify.data(), key_.data(), seed.data());
  const std::string path = secrets_directory + "/token-verify.pub";
  const std::string wanted = to_hex(verify.data(), verify.size());
  const auto found = read_small_file(path, false);
  if (found && *found != wanted) {
    throw std::runtime_error(path + ": does not belong to token-signing.key");
  }
  if (!found) create_file(path, wanted, 0644);
}

std::string TokenSigner::sign(const Identity& identity) const {
  Writer json;
  json.begin_object()
      .field_id("user", identity.user)
      .field("account", identity.account)
      .field_id("session", identity.session)
      .field("exp", identity.expires_at_s)
      .end_object();
  return sign_payload(json.text());
}

std::string TokenSigner::sign_payload(std::string_view json) const {
  const std::string payload =
      to_base64(reinterpret_cast<const unsigned char*>(json.data()), json.size());
  const std::string text = signed_text(payload);
  std::array<unsigned char, crypto_sign_BYTES> signature;
  crypto_sign_detached(signature.data(), nullptr,
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       key_.data());
  return payload + "." + to_base64(signature.data(), signature.size());
}

bool TokenVerifier::load(std::int64_t now_s) {
  if (loaded_) return true;
  if (tried_at_s_ == now_s) return false;
  tried_at_s_ = now_s;
  SAKER_ASSERT(sodium_init() >= 0);
  const auto text = read_small_file(directory_ + "/token-verify.pub", false);
  loaded_ = text && from_hex(*text, key_);
  return loaded_;
}

std::optional<Identity> TokenVerifier::verify(std::string_view token, std::int64_t now_s) {
  if (token.size() > kMostTokenBytes || !load(now_s)) return std::nullopt;
  const std::string key(token);
  if (const auto known = checked_.find(key); known != checked_.end()) {
    if (known->second.expires_at_s > now_s) return known->second;
    checked_.erase(known);
    return std::nullopt;
  }
  const std::size_t dot = token.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto signature = from_base64(token.substr(dot + 1), crypto_sign_BYTES);
  if (!signature || signature->size() != crypto_sign_BYTES) return std::nullopt;
  const std::string text = signed_text(token.substr(0, dot));
  if (crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(signature->data()),
                                  reinterpret_cast<const unsigned char*>(text.data()),
                                  text.size(), key_.data()) != 0) {
    return std::nullopt;
  }
  const auto payload = from_base64(token.substr(0, dot), kMostTokenBytes);
  if (!payload) return std::nullopt;
  Identity identity;
  try {
    const Fields fields = parse_json(*payload).object();
    identity.user = fields.need_id("user");
    identity.account = static_cast<std::uint32_t>(fields.need_integer("account", 0, UINT32_MAX));
    identity.session = fields.need_id("session");
    identity.expires_at_s = fields.need_integer("exp", 0, INT64_MAX);
  } catch (const ApiError&) {
    return std::nullopt;  // signed by us, but in another form: of another version
  }
  if (identity.expires_at_s <= now_s) return std::nullopt;
  if (checked_.size() >= kMostChecked) checked_.clear();
  checked_.emplace(key, identity);
  return identity;
}

std::string load_service_token(const std::string& secrets_directory) {
  return load_or_create(secrets_directory, "service.token");
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace saker::web
