#include "journal/evidence/signed_head.hpp"

#include <sodium.h>

#include "common/assert.hpp"

namespace saker::evidence {

namespace {

constexpr char kContext[] = "skr-evid";  // crypto_kdf wants eight characters
static_assert(sizeof(kContext) == crypto_kdf_CONTEXTBYTES + 1);

const unsigned char* raw_bytes(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

template <std::size_t N>
unsigned char* raw_bytes(std::array<std::byte, N>& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

EvidenceKeys EvidenceKeys::from_seed(const Seed& seed) {
  SAKER_ASSERT(sodium_init() >= 0);
  EvidenceKeys keys;
  Seed signing;
  crypto_kdf_derive_from_key(signing.data(), signing.size(), 1, kContext, seed.data());
  crypto_kdf_derive_from_key(keys.chain.data(), keys.chain.size(), 2, kContext, seed.data());
  crypto_kdf_derive_from_key(keys.blind.data(), keys.blind.size(), 3, kContext, seed.data());
  crypto_sign_seed_keypair(keys.public_key.data(), keys.signing.data(), signing.data());
  sodium_memzero(signing.data(), signing.size());
  return keys;
}

const char* to_string(HeadCheck check) {
  switch (check) {
    case HeadCheck::none: return "none";
    case HeadCheck::magic: return "magic";
    case HeadCheck::version: return "version";
    case HeadCheck::reserved: return "reserved";
    case HeadCheck::range: return "range";
    case HeadCheck::signature: return "signature";
    case HeadCheck::number: return "number";
    case HeadCheck::sequence: return "sequence";
    case HeadCheck::log: return "log";
    case HeadCheck::order: return "order";
    case HeadCheck::previous: return "previous";
    case HeadCheck::root: return "root";
    case HeadCheck::chain: return "chain";
  }
  return "?";
}

const char* explain(HeadCheck check) {
  switch (check) {
    case HeadCheck::none: return "nothing is wrong";
    case HeadCheck::magic: return "these bytes are not a head";
    case HeadCheck::version: return "a head of a later version than this program knows";
    case HeadCheck::reserved: return "reserved fields are not zero";
    case HeadCheck::range: return "its last record comes before its first";
    case HeadCheck::signature: return "it was not signed with this key, or changed afterwards";
    case HeadCheck::number: return "heads are missing or out of order before it";
    case HeadCheck::sequence: return "it does not begin where the head before it ends";
    case HeadCheck::log: return "it is of another log";
    case HeadCheck::order: return "epoch or time fall, or are not those of its last record";
    case HeadCheck::previous: return "the head before it is not the one it was signed after";
    case HeadCheck::root: return "the records it covers are not those that were signed";
    case HeadCheck::chain: return "its keyed chain does not continue the head before it";
  }
  return "?";
}

Blind blind_of(const EvidenceKeys& keys, Sequence sequence) {
  static_assert(sizeof(Blind) == crypto_shorthash_siphashx24_BYTES);
  static_assert(sizeof(keys.blind) == crypto_shorthash_siphashx24_KEYBYTES);
  Blind blind;
  crypto_shorthash_siphashx24(raw_bytes(blind), raw_bytes(bytes_of(sequence)), sizeof(sequence),
                              keys.blind.data());
  return blind;
}

Digest leaf_of(const Blind& blind, const journal::RecordHeader& header, Bytes payload) {
  static_assert(sizeof(Blind) >= crypto_generichash_KEYBYTES_MIN);
  constexpr unsigned char kLeaf = 0;
  Digest digest;
  crypto_generichash_state state;
  crypto_generichash_init(&state, raw_bytes(Bytes(blind)), blind.size(), digest.size());
  crypto_generichash_update(&state, &kLeaf, 1);
  crypto_generichash_update(&state, raw_bytes(bytes_of(header)), sizeof(header));
  crypto_generichash_update(&state, raw_bytes(payload), payload.size());
  crypto_generichash_final(&state, raw_bytes(digest), digest.size());
  return digest;
}

std::array<std::byte, 16> name_of_log(std::uint64_t log_id) {
  constexpr char kWords[] = "saker log";
  std::array<std::byte, 16> name;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, name.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(kWords),
                            sizeof(kWords) - 1);
  crypto_generichash_update(&state, raw_bytes(bytes_of(log_id)), sizeof(log_id));
  crypto_generichash_final(&state, raw_bytes(name), name.size());
  return name;
}

Digest link_of(const SignedHead& head) { return hash_of(bytes_of(head)); }

Digest chain_of(const EvidenceKeys& keys, const Digest& previous, const Head& head) {
  Digest digest;
  crypto_generichash_state state;
  crypto_generichash_init(&state, keys.chain.data(), keys.chain.size(), digest.size());
  crypto_generichash_update(&state, raw_bytes(Bytes(previous)), previous.size());
  crypto_generichash_update(&state, raw_bytes(bytes_of(head)), offsetof(Head, chain));
  crypto_generichash_final(&state, raw_bytes(digest), digest.size());
  return digest;
}

SignedHead sign(const EvidenceKeys& keys, const Head& head) {
  SignedHead result{head, {}};
  crypto_sign_detached(result.signature.data(), nullptr, raw_bytes(bytes_of(head)), sizeof(head),
                       keys.signing.data());
  return result;
}

HeadCheck check_head(const SignedHead& signed_head, const PublicKey& key) {
  const Head& head = signed_head.head;
  if (head.magic != kHeadMagic) return HeadCheck::magic;
  if (head.version != kHeadVersion) return HeadCheck::version;
  if (head.reserved0 != 0 || head.reserved1 != 0) return HeadCheck::reserved;
  if (head.number == 0 || head.first_sequence == 0 || head.last_sequence < head.first_sequence) {
    return HeadCheck::range;
  }
  const bool good = crypto_sign_verify_detached(signed_head.signature.data(),
                                                raw_bytes(bytes_of(head)), sizeof(head),
                                                key.data()) == 0;
  return good ? HeadCheck::none : HeadCheck::signature;
}

HeadCheck check_follows(const SignedHead& signed_head, const SignedHead* before) {
  const Head& head = signed_head.head;
  if (before == nullptr) {
    if (head.number != 1) return HeadCheck::number;
    return head.previous == Digest{} ? HeadCheck::none : HeadCheck::previous;
  }
  const Head& last = before->head;
  if (head.number != last.number + 1) return HeadCheck::number;
  if (head.log != last.log || head.shard != last.shard) return HeadCheck::log;
  if (head.first_sequence != last.last_sequence + 1) return HeadCheck::sequence;
  if (head.epoch < last.epoch || head.timestamp_ns < last.timestamp_ns) return HeadCheck::order;
  return head.previous == link_of(*before) ? HeadCheck::none : HeadCheck::previous;
}

std::string to_hex(Bytes bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), raw_bytes(bytes), bytes.size());
  text.pop_back();
  return text;
}

bool from_hex(std::string_view text, std::span<std::byte> bytes) {
  if (text.size() != bytes.size() * 2) return false;
  if (bytes.empty()) return true;
  std::size_t length = 0;
  return sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &length, nullptr) == 0 &&
         length == bytes.size();
}

bool parse_key(std::string_view text, std::array<std::uint8_t, 32>& key) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return from_hex(text, std::as_writable_bytes(std::span(key)));
}

}  // namespace saker::evidence
