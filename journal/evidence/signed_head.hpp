// What is signed at intervals: which records, their Merkle root, what came before. Final from
// the first version, like the log.
#pragma once

#include <string>

#include "journal/evidence/merkle.hpp"
#include "journal/record.hpp"

namespace saker::evidence {

inline constexpr std::uint32_t kHeadMagic = 0x44484B53;  // "SKHD"
inline constexpr std::uint8_t kHeadVersion = 1;

using Seed = std::array<std::uint8_t, 32>;
using PublicKey = std::array<std::uint8_t, 32>;
using Blind = std::array<std::byte, 16>;

/// All of them follow from the seed, which is the only secret to keep.
struct EvidenceKeys {
  PublicKey public_key{};                    // Ed25519
  std::array<std::uint8_t, 64> signing{};    // Ed25519
  std::array<std::uint8_t, 32> chain{};      // keyed BLAKE2b
  std::array<std::uint8_t, 16> blind{};      // SipHash-2-4, 128 bits

  static EvidenceKeys from_seed(const Seed& seed);
};

struct Head {
  std::uint32_t magic = kHeadMagic;
  std::uint8_t version = kHeadVersion;
  std::uint8_t reserved0 = 0;
  std::uint16_t shard = 0;
  std::uint32_t epoch = 0;          // of the last record
  std::uint32_t reserved1 = 0;
  std::uint64_t number = 0;         // from 1
  Sequence first_sequence = 0;
  Sequence last_sequence = 0;
  TimeNs timestamp_ns = 0;          // of the last record
  std::array<std::byte, 16> log{};  // hash of the log's id, which itself stays unknown
  Digest root{};                    // over the records first_sequence..last_sequence
  Digest chain{};                   // keyed: the chain so far, and this root
  Digest previous{};                // hash of the signed head before; zeros in the first
};
static_assert(sizeof(Head) == 160 && std::is_trivially_copyable_v<Head>);
static_assert(offsetof(Head, epoch) == 8 && offsetof(Head, number) == 16);
static_assert(offsetof(Head, log) == 48 && offsetof(Head, root) == 64);
static_assert(offsetof(Head, chain) == 96 && offsetof(Head, previous) == 128);

struct SignedHead {
  Head head;
  std::array<std::uint8_t, 64> signature{};  // Ed25519 over the 160 bytes
};
static_assert(sizeof(SignedHead) == 224);

/// What is wrong with a head. Stable names for tools and tests.
enum class HeadCheck : std::uint8_t {
  none,
  magic, version, reserved, range,  // not a head
  signature,                        // not one of this key
  number, sequence, log, order, previous,  // not the one that follows
  root, chain,                      // not of these records
};
const char* to_string(HeadCheck check);
const char* explain(HeadCheck check);

/// The key of the record's leaf. Give it away with the record, and only then.
Blind blind_of(const EvidenceKeys& keys, Sequence sequence);
/// The leaf of a whole record: its header as it lies in the log, and its payload.
Digest leaf_of(const Blind& blind, const journal::RecordHeader& header, Bytes payload);

/// The name of a log in its heads.
std::array<std::byte, 16> name_of_log(std::uint64_t log_id);
/// `previous` of the head after `head`.
Digest link_of(const SignedHead& head);
/// `chain` of a head with this root after one with the chain `previous` (zeros: the first).
Digest chain_of(const EvidenceKeys& keys, const Digest& previous, const Head& head);

/// Signs `head`, whose other fields are filled in.
SignedHead sign(const EvidenceKeys& keys, const Head& head);
/// By itself: its form and its signature.
HeadCheck check_head(const SignedHead& head, const PublicKey& key);
/// Is it the one after `before`, or the first when that is nullptr?
HeadCheck check_follows(const SignedHead& head, const SignedHead* before);

/// 32 bytes as 64 hexadecimal digits; false for anything else but one line end behind them.
bool parse_key(std::string_view text, std::array<std::uint8_t, 32>& key);
std::string to_hex(Bytes bytes);
/// False unless `text` is twice as many hexadecimal digits as `bytes` has room for.
bool from_hex(std::string_view text, std::span<std::byte> bytes);

}  // namespace saker::evidence
