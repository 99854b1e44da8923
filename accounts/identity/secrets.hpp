// Codes and refresh tokens: made from the system's randomness, kept only as keyed hashes. The key
// is a file, DATA/secrets/identity.key, so that a copy of the database alone is worth nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace saker::accounts {

using Digest = std::array<std::uint8_t, 32>;

class IdentityKey {
 public:
  /// Reads DIRECTORY/identity.key (64 hexadecimal digits, mode 0600), or makes it. Throws
  /// std::runtime_error when neither can be done.
  static IdentityKey load(const std::string& secrets_directory);
  explicit IdentityKey(const Digest& key) : key_(key) {}

  /// Of a code for an address.
  Digest hash_code(std::string_view email, std::string_view code) const;
  /// Of a refresh token.
  Digest hash_token(std::string_view token) const;

 private:
  Digest hash(char purpose, std::string_view first, std::string_view second) const;
  Digest key_;
};

/// Six decimal digits, each of the million equally likely.
std::string make_code();
/// 256 random bits in base64url, 43 characters.
std::string make_token();
/// Takes the same time whatever differs.
bool equal_digests(const Digest& a, const Digest& b);
/// Six digits, with the blanks and the dash that people type between them taken out; empty when
/// it is not that.
std::string normalise_code(std::string_view text);

}  // namespace saker::accounts
