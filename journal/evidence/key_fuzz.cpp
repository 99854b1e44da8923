#include "common/assert.hpp"
#include "common/fuzz.hpp"
#include "common/secret_store.hpp"
#include "journal/evidence/evidence_fuzz.hpp"
#include "journal/evidence/signed_head.hpp"

namespace saker::evidence {

void fuzz_key(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  PublicKey key{};
  SecretStore::Secret secret{};
  const bool taken = parse_key(text, key);
  SAKER_ASSERT(taken == parse_secret(text, secret));
  if (taken) {
    SAKER_ASSERT(key == secret);
    const std::string hex = to_hex(std::as_bytes(std::span(key)));
    PublicKey again{};
    SAKER_ASSERT(hex.size() == 64 && parse_key(hex, again) && again == key);
  }
  std::vector<std::byte> bytes(text.size() / 2);
  if (!from_hex(text, bytes)) return;
  std::vector<std::byte> again(bytes.size());
  SAKER_ASSERT(from_hex(to_hex(bytes), again) && again == bytes);
}

}  // namespace saker::evidence

SAKER_FUZZ_TARGET(saker::evidence::fuzz_key)
