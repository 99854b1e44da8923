#include "common/fuzz.hpp"
#include "journal/evidence/evidence_fuzz.hpp"
#include "journal/evidence/fuzz_log.hpp"

namespace saker::evidence {

namespace {

void change_heads(std::vector<std::byte>& bytes, FuzzInput& input) {
  while (!input.empty()) {
    const auto patch = input.take<std::array<std::uint8_t, 4>>();
    const std::size_t number = patch[0] % 3;
    if (patch[0] == 0xFF) {
      bytes.resize(std::min<std::size_t>(bytes.size(), patch[1] * 4u));
      continue;
    }
    if ((number + 1) * sizeof(SignedHead) > bytes.size()) continue;
    std::byte* const at = bytes.data() + number * sizeof(SignedHead);
    at[patch[1] % sizeof(SignedHead)] ^= std::byte{patch[2]};
    if (patch[3] != 1) continue;
    const auto changed = read_as<SignedHead>(Bytes(at, sizeof(SignedHead)));
    const SignedHead anew = sign(fuzz_keys(), changed.head);
    std::memcpy(at, &anew, sizeof(anew));
  }
}

}  // namespace

void fuzz_heads(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  FuzzLog& sound = sound_log();
  const std::vector<std::byte>& good = sound.heads.files().at(kHeadsFile).now;
  MemoryStorage storage;
  std::vector<std::byte>& bytes = storage.files()[kHeadsFile].now;
  if (input.byte() % 2 == 0) {
    const std::string rest = input.rest();
    const auto* const from = reinterpret_cast<const std::byte*>(rest.data());
    bytes.assign(from, from + rest.size());
  } else {
    bytes = good;
    change_heads(bytes, input);
  }
  storage.files()[kHeadsFile].synced = bytes;

  HeadFile<MemoryStorage> file(storage);
  SAKER_ASSERT(file.open(false) == journal::IoStatus::ok);
  const Audit result = audit(sound.disk, file, fuzz_keys());
  SAKER_ASSERT(result.readable);
  SAKER_ASSERT(result.heads * sizeof(SignedHead) <= good.size());
  // Signatures are deterministic: what is accepted is byte for byte what was signed then.
  SAKER_ASSERT(std::equal(good.begin(),
                          good.begin() + static_cast<std::ptrdiff_t>(result.heads *
                                                                     sizeof(SignedHead)),
                          bytes.begin()));
  Proof proof;
  if (prove(sound.disk, file, fuzz_keys(), 11, proof) == ProveResult::proved) {
    SAKER_ASSERT(!is_accepted_lie(proof));
  }

  Notary<MemoryStorage, MemoryStorage> notary(sound.disk, storage, fuzz_keys(), 1);
  if (!notary.start()) {
    SAKER_ASSERT(!notary.failure().empty());
    return;
  }
  NotaryStep step;
  TimeNs now_ns = 1'000'000;
  int polls = 0;
  while ((step = notary.poll(now_ns++)) == NotaryStep::read || step == NotaryStep::signed_head) {
    SAKER_ASSERT(++polls < 100);
  }
  SAKER_ASSERT((step == NotaryStep::failed) == !notary.failure().empty());
}

}  // namespace saker::evidence

SAKER_FUZZ_TARGET(saker::evidence::fuzz_heads)
