// What the fuzzers of this folder share: a sound log of a few records, its keys and heads.
#pragma once

#include "common/assert.hpp"
#include "journal/evidence/prove.hpp"
#include "journal/memory_storage.hpp"
#include "journal/test_log.hpp"

namespace saker::evidence {

using journal::MemoryStorage;

inline constexpr Sequence kFuzzRecords = 19;

inline const EvidenceKeys& fuzz_keys() {
  static const EvidenceKeys keys = [] {
    Seed seed;
    seed.fill(5);
    return EvidenceKeys::from_seed(seed);
  }();
  return keys;
}

struct FuzzLog {
  static constexpr TimeNs kIntervalNs = 1'000;

  FuzzLog() : log(disk, journal::small_config(), {}) {
    SAKER_ASSERT(log.writer.start());
    Notary<MemoryStorage, MemoryStorage> notary(disk, heads, fuzz_keys(), kIntervalNs);
    SAKER_ASSERT(notary.start());
    TimeNs now_ns = kIntervalNs;
    for (const int batch : {3, 9, 7}) {
      log.write_batches({batch});
      while (notary.poll(now_ns) == NotaryStep::read) {
      }
      now_ns += kIntervalNs;
      SAKER_ASSERT(notary.poll(now_ns) != NotaryStep::failed);
    }
    SAKER_ASSERT(notary.last()->head.last_sequence == kFuzzRecords);
    log.settle();
  }

  MemoryStorage disk, heads;
  journal::TestLog<MemoryStorage> log;
};

inline FuzzLog& sound_log() {
  static FuzzLog log;
  return log;
}

inline const Proof& sound_proof(Sequence sequence) {
  static const std::vector<Proof> proofs = [] {
    std::vector<Proof> made(kFuzzRecords);
    HeadFile<MemoryStorage> heads(sound_log().heads);
    SAKER_ASSERT(heads.open(false) == journal::IoStatus::ok);
    for (Sequence at = 1; at <= kFuzzRecords; ++at) {
      SAKER_ASSERT(prove(sound_log().disk, heads, fuzz_keys(), at, made[at - 1]) ==
                   ProveResult::proved);
    }
    return made;
  }();
  return proofs[sequence - 1];
}

/// Whether a proof is accepted though its record is not the log's.
inline bool is_accepted_lie(const Proof& proof) {
  HeadCheck check = HeadCheck::none;
  if (check_proof(proof, fuzz_keys().public_key, check) != ProofCheck::none) return false;
  const Sequence sequence = proof.record.sequence;
  if (sequence == 0 || sequence > kFuzzRecords) return true;
  const Proof& sound = sound_proof(sequence);
  return std::memcmp(&proof.record, &sound.record, sizeof(sound.record)) != 0 ||
         proof.payload != sound.payload;
}

}  // namespace saker::evidence
