#include "common/config.hpp"
#include "common/fuzz.hpp"
#include "journal/evidence/evidence_fuzz.hpp"
#include "journal/evidence/fuzz_log.hpp"

namespace saker::evidence {

namespace {

void read_text(const std::string& text) {
  try {
    const Proof proof = parse_proof(text, "fuzz.toml");
    const std::string written = to_text(proof);
    SAKER_ASSERT(to_text(parse_proof(written, "fuzz.toml")) == written);
    SAKER_ASSERT(!is_accepted_lie(proof));
  } catch (const ConfigError& error) {
    SAKER_ASSERT(std::string_view(error.what()).starts_with("fuzz.toml:"));
  }
}

template <class T>
void change_bytes(T& value, FuzzInput& input) {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(T));
  const std::size_t at = input.byte();
  bytes[at % sizeof(T)] ^= std::byte{input.byte()};
  std::memcpy(&value, bytes.data(), sizeof(T));
}

void change_proof(Proof& proof, FuzzInput& input) {
  switch (input.byte() % 9) {
    case 0: return change_bytes(proof.record, input);
    case 1: return change_bytes(proof.blind, input);
    case 2: return change_bytes(proof.head, input);
    case 3:
      if (!proof.payload.empty()) {
        proof.payload[input.byte() % proof.payload.size()] ^= std::byte{input.byte()};
      }
      return;
    case 4: return proof.payload.resize(input.byte());
    case 5:
      if (!proof.path.empty()) change_bytes(proof.path[input.byte() % proof.path.size()], input);
      return;
    case 6: return proof.path.resize(input.byte() % 66);
    case 7:
      proof.record.sequence = input.take<std::uint64_t>();
      return;
    default:
      // A record of the log with the path of another.
      proof.record.sequence = 1 + input.byte() % kFuzzRecords;
      proof.path = sound_proof(proof.record.sequence).path;
  }
}

}  // namespace

void fuzz_proof(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  if (input.byte() % 2 == 0) return read_text(input.rest());
  Proof proof = sound_proof(1 + input.byte() % kFuzzRecords);
  HeadCheck check = HeadCheck::none;
  SAKER_ASSERT(check_proof(proof, fuzz_keys().public_key, check) == ProofCheck::none);
  while (!input.empty()) change_proof(proof, input);
  SAKER_ASSERT(!is_accepted_lie(proof));
}

}  // namespace saker::evidence

SAKER_FUZZ_TARGET(saker::evidence::fuzz_proof)
