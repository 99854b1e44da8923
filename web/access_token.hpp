// Access tokens: base64url(payload JSON) "." base64url(Ed25519 signature). Accounts signs them,
// every service verifies them without asking anybody. They live for 15 minutes; what ends a
// session earlier is the refresh token (accounts/).
//
// DATA/secrets/token-signing.key (mode 0600) holds the seed, token-verify.pub the public key, both
// 64 hexadecimal digits.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace saker::web {

inline constexpr std::int64_t kAccessTokenLifeS = 15 * 60;

/// Who a valid token speaks for.
struct Identity {
  std::uint64_t user = 0;
  std::uint32_t account = 0;  // the customer's account in the engine
  std::uint64_t session = 0;  // of accounts/identity, not of the engine
  std::int64_t expires_at_s = 0;  // UTC seconds since 1970

  bool operator==(const Identity&) const = default;
};

class TokenSigner {
 public:
  /// Reads DIRECTORY/token-signing.key, or makes it and token-verify.pub at the first call ever.
  /// Throws std::runtime_error when a file cannot be read or written, is malformed or open to
  /// others than its owner.
  explicit TokenSigner(const std::string& secrets_directory);
  std::string sign(const Identity& identity) const;
  /// A token around any payload; for tests of what verifiers make of payloads of other versions.
  std::string sign_payload(std::string_view json) const;

 private:
  std::array<unsigned char, 64> key_;
};

class TokenVerifier {
 public:
  /// Reads DIRECTORY/token-verify.pub when it is first needed: accounts may start later.
  explicit TokenVerifier(std::string secrets_directory)
      : directory_(std::move(secrets_directory)) {}

  /// The identity of a token that is ours, untouched and not expired at `now_s`; any bytes may be
  /// passed. Nothing otherwise, also while there is no key yet.
  std::optional<Identity> verify(std::string_view token, std::int64_t now_s);

 private:
  bool load(std::int64_t now_s);

  std::string directory_;
  std::array<unsigned char, 32> key_{};
  bool loaded_ = false;
  std::int64_t tried_at_s_ = INT64_MIN;
  // Tokens whose signature was checked, so that a busy client costs one check per token.
  std::unordered_map<std::string, Identity> checked_;
};

/// The text of DATA/secrets/service.token, made if it is not there (by whoever comes first).
/// Throws std::runtime_error.
std::string load_service_token(const std::string& secrets_directory);

/// Compares without telling by its time where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace saker::web
