#include "common/fuzz.hpp"
#include "journal/fuzz.hpp"
#include "journal/memory_storage.hpp"
#include "journal/snapshot_file.hpp"

namespace saker::journal {

namespace {

constexpr Sequence kOlder = 10;
constexpr Sequence kNewer = 20;
constexpr std::size_t kPayloadBytes = 66000;

MemoryStorage make_sound_snapshots() {
  MemoryStorage storage;
  for (const Sequence sequence : {kOlder, kNewer}) {
    SnapshotWriter writer(storage);
    SAKER_ASSERT(writer.begin() == IoStatus::ok);
    const std::vector<std::byte> payload(kPayloadBytes, std::byte(sequence));
    SAKER_ASSERT(writer.write(payload) == IoStatus::ok);
    SnapshotInfo info;
    info.sequence = sequence;
    SAKER_ASSERT(writer.commit(info) == IoStatus::ok);
  }
  return storage;
}

void patch(std::vector<std::byte>& file, const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 0; i + 5 <= size; i += 5) {
    const std::size_t offset = data[i] % 2 << 16 | data[i + 1] | std::size_t{data[i + 2]} << 8;
    if (offset < file.size()) file[offset] ^= std::byte{data[i + 3]};
    if (data[i + 4] != 1) continue;
    auto header = read_as<SnapshotHeader>(file);
    header.crc = crc32c(bytes_of(header).first(offsetof(SnapshotHeader, crc)));
    std::memcpy(file.data(), &header, sizeof(header));
  }
}

}  // namespace

void fuzz_snapshot(const std::uint8_t* data, std::size_t size) {
  static const MemoryStorage sound = make_sound_snapshots();
  if (size == 0) return;
  MemoryStorage storage = sound;
  std::vector<std::byte>& newest = storage.files().at(snapshot_name(kNewer)).now;
  if (data[0] % 2 == 1) {
    patch(newest, data + 1, size - 1);
  } else {
    const auto* const bytes = reinterpret_cast<const std::byte*>(data);
    newest.assign(bytes + 1, bytes + size);
  }
  SnapshotReader reader(storage);
  SAKER_ASSERT(reader.open_newest() == SnapshotStatus::ok);
  SAKER_ASSERT(reader.info().sequence == kNewer || reader.problems().size() == 1);
  std::vector<std::byte> payload(reader.payload_bytes() + 1);
  std::size_t got = 0;
  SAKER_ASSERT(reader.read(payload, got) == SnapshotStatus::ok);
  SAKER_ASSERT(got == reader.payload_bytes());
  if (reader.info().sequence == kOlder) {
    SAKER_ASSERT(got == kPayloadBytes && payload[0] == std::byte(kOlder));
  }
}

}  // namespace saker::journal

SAKER_FUZZ_TARGET(saker::journal::fuzz_snapshot)
