#include "tests/settlement/journal_fuzz.hpp"

#include <map>

#include "accounts/ledger/ledger_book.hpp"
#include "common/fuzz.hpp"
#include "engine/follower/event_reader.hpp"
#include "engine/follower/test_follower.hpp"
#include "events/journal_worker.hpp"
#include "journal/format.hpp"

namespace saker::accounts {

namespace {

using follower::EventRead;
using journal::MemoryStorage;

constexpr std::uint64_t kFiles = 2;

/// What a follower writes of a small venue, cut into two files.
MemoryStorage make_sound_journal() {
  follower::TestVenue venue(5);
  venue.set_up();
  venue.trade(60);
  follower::TestDisks disks;
  follower::FollowerConfig config = follower::TestFollower::small();
  config.event_file_bytes = 1u << 12;
  follower::TestFollower process(venue, disks, config);
  process.run();
  venue.trade(60);
  process.run();
  return disks.events;
}

/// Makes the checksums of the batch around `offset` agree with what it says.
void seal_batch(std::vector<std::byte>& file, std::size_t offset) {
  constexpr std::size_t kHead = sizeof(journal::RecordHeader);
  for (std::size_t at = sizeof(follower::EventFileHeader); at + kHead <= file.size();) {
    auto header = read_as<journal::RecordHeader>(file, at);
    const std::size_t size = journal::record_bytes(header.length);
    const std::size_t room = file.size() - at - kHead;
    if (header.length > room) return;
    if (offset < at + size) {
      journal::seal(header, Bytes(file).subspan(at + kHead, header.length));
      std::memcpy(&file[at], &header, sizeof(header));
      return;
    }
    at += size;
  }
}

void seal_file(std::vector<std::byte>& file) {
  auto header = read_as<follower::EventFileHeader>(file);
  header.crc = crc32c(bytes_of(header).first(offsetof(follower::EventFileHeader, crc)));
  std::memcpy(file.data(), &header, sizeof(header));
}

void change(MemoryStorage& storage, FuzzInput& input) {
  while (!input.empty()) {
    auto& file = storage.files().at(follower::event_file_name(1 + input.byte() % kFiles)).now;
    const auto where = input.take<std::uint16_t>();
    const std::uint8_t flip = input.byte();
    const std::uint8_t how = input.byte();
    if (where >= file.size()) continue;
    file[where] ^= std::byte{flip};
    if (how % 4 == 1) seal_batch(file, where);
    if (how % 4 == 2 && file.size() >= sizeof(follower::EventFileHeader)) seal_file(file);
    if (how == 255) file.resize(where);
  }
}

/// What the ledger must come to, added up without it.
class Sums {
 public:
  void add(const follower::CommandEvents& events) {
    for (const core::LedgerLeg& leg : events.legs) {
      balances_[{leg.account, leg.asset}] += leg.amount;
      totals_[leg.asset] += leg.amount;
    }
  }
  void check(const LedgerBook& book) const {
    for (const auto& [asset, total] : totals_) SAKER_ASSERT(total == 0);
    for (const auto& [key, sum] : balances_) {
      SAKER_ASSERT(book.balance(key.first, key.second) == sum);
    }
  }

 private:
  std::map<std::pair<std::uint32_t, std::uint32_t>, Int128> balances_;
  std::map<std::uint32_t, Int128> totals_;
};

/// True when all was taken.
bool settle(MemoryStorage& storage, LedgerBook& book) {
  follower::EventReader<MemoryStorage> reader(storage);
  follower::EventBatchView view;
  Sums sums;
  Sequence last = 0;
  EventRead read;
  while ((read = reader.next(view)) == EventRead::batch) {
    SAKER_ASSERT(last == 0 || view.header.sequence == last + 1);
    Bytes entries = view.entries;
    follower::CommandEvents events;
    Sequence before = view.header.sequence - 1;
    std::uint32_t count = 0;
    while (follower::next_command_events(entries, events)) {
      SAKER_ASSERT(events.entry.sequence > before);
      SAKER_ASSERT(events.entry.sequence <= view.body.last_sequence);
      before = events.entry.sequence;
      ++count;
      try {
        book.add(events);
      } catch (const events::Refused& refused) {
        SAKER_ASSERT(refused.what()[0] != 0 && !refused.fork);
        return false;
      }
      sums.add(events);
      sums.check(book);
    }
    SAKER_ASSERT(entries.empty() && count == view.body.entry_count);
    last = view.body.last_sequence;
  }
  SAKER_ASSERT(read == EventRead::end || read == EventRead::damage);
  SAKER_ASSERT((read == EventRead::damage) == (reader.problem() != nullptr));
  return read == EventRead::end;
}

}  // namespace

void fuzz_journal(const std::uint8_t* data, std::size_t size) {
  static const MemoryStorage sound = [] {
    MemoryStorage made = make_sound_journal();
    LedgerBook book(0, 2);
    SAKER_ASSERT(made.files().size() >= kFiles && settle(made, book));
    SAKER_ASSERT(book.entries.rows() > 100 && book.trades.rows() > 10);
    return made;
  }();
  FuzzInput input(data, size);
  MemoryStorage storage;
  if (input.byte() % 2 == 1) {
    storage = sound;
    change(storage, input);
  } else {
    for (std::uint64_t index = 1; index <= kFiles; ++index) {
      const std::string text = index == kFiles ? input.rest() : input.text(2'000);
      const auto* const from = reinterpret_cast<const std::byte*>(text.data());
      storage.files()[follower::event_file_name(index)].now.assign(from, from + text.size());
    }
  }
  LedgerBook book(0, 2);
  settle(storage, book);
}

}  // namespace saker::accounts

SAKER_FUZZ_TARGET(saker::accounts::fuzz_journal)
