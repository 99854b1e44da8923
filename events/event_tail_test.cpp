// The tail against journals as the follower leaves them: whole, torn, cut, written again in other
// batches, gone on with in another epoch.
#include "events/event_tail.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "events/database.hpp"

namespace saker::events {
namespace {

namespace fs = std::filesystem;

/// Writes event files by hand: each batch where and how the test wants it.
class TestJournal {
 public:
  TestJournal() {
    std::string name = (fs::temp_directory_path() / "saker-events.XXXXXX").string();
    directory = ::mkdtemp(name.data());
    EXPECT_EQ(storage_.open_directory(directory, journal::PosixStorage::Access::read_write),
              journal::IoStatus::ok);
  }
  ~TestJournal() { fs::remove_all(directory); }

  void begin_file() {
    ++index_;
    write(0, bytes_of(follower::make_event_file_header(index_, log_id, shard, last_, link_)));
    offset_ = sizeof(follower::EventFileHeader);
  }
  /// As a follower does that died when it had just begun the last file.
  void make_file_again() {
    ASSERT_EQ(storage_.remove(follower::event_file_name(index_)), journal::IoStatus::ok);
    --index_;
    begin_file();
  }
  /// One batch of the commands after the last one, up to `to`; each of `moving` moves `amount`.
  void batch(Sequence to, std::vector<Sequence> moving = {}, Minor amount = 1) {
    follower::EventBatchBuilder builder;
    core::Output out;
    core::Command command;
    command.kind = proto::CommandKind::Deposit;
    const Sequence first = last_ + 1;
    for (Sequence sequence = first; sequence <= to; ++sequence) {
      journal::RecordHeader record;
      record.sequence = sequence;
      record.epoch = epoch;
      record.shard = shard;
      record.timestamp_ns = 1'000 * sequence;
      out.clear();
      out.chain_head = chain_head + sequence;
      for (const Sequence one : moving) {
        if (one != sequence) continue;
        core::LedgerLeg& leg = out.legs.add();
        leg.account = 7;
        leg.amount = amount;
      }
      EXPECT_TRUE(builder.add(record, command, out));
    }
    starts_.push_back({first - 1, index_, offset_, link_});
    const Bytes bytes = builder.finish(log_id, link_);
    write(offset_, bytes);
    offset_ += bytes.size();
    last_ = to;
  }
  /// Zeros where everything after `sequence`, the end of a batch, stood. In the last file only.
  void cut_after(Sequence sequence) {
    while (starts_.back().after != sequence) starts_.pop_back();
    const Start start = starts_.back();
    starts_.pop_back();
    write(start.offset, std::vector<std::byte>(offset_ - start.offset));
    offset_ = start.offset;
    link_ = start.link;
    last_ = sequence;
  }
  void write(std::uint64_t offset, Bytes bytes) {
    journal::FileId file = journal::FileId::none;
    ASSERT_EQ(storage_.create(follower::event_file_name(index_), file), journal::IoStatus::ok);
    ASSERT_EQ(storage_.write_at(file, offset, bytes), journal::IoStatus::ok);
    storage_.close(file);
  }
  std::uint64_t offset() const { return offset_; }

  std::string directory;
  std::uint64_t log_id = 99;
  std::uint16_t shard = 0;
  std::uint32_t epoch = 1;
  std::uint64_t chain_head = 5'000;

 private:
  struct Start {
    Sequence after;
    std::uint64_t file, offset, link;
  };
  journal::PosixStorage storage_;
  std::uint64_t index_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t link_ = 0;
  Sequence last_ = 0;
  std::vector<Start> starts_;
};

/// Everything there is: sequences of the entries, until idle or forked.
std::vector<Sequence> read_all(EventTail& tail, TailStatus& end) {
  std::vector<Sequence> sequences;
  for (;;) {
    end = tail.next();
    if (end != TailStatus::kBatch) return sequences;
    for (const auto& events : tail.events()) sequences.push_back(events.entry.sequence);
  }
}
std::vector<Sequence> read_all(EventTail& tail) {
  TailStatus end;
  const auto sequences = read_all(tail, end);
  EXPECT_EQ(end, TailStatus::kIdle) << tail.problem();
  return sequences;
}
void wait_for_check() { ::usleep(60'000); }

using Sequences = std::vector<Sequence>;

TEST(EventTail, WaitsForAJournal) {
  EventTail tail("/nonexistent/events", {});
  EXPECT_EQ(tail.next(), TailStatus::kIdle);
  EXPECT_NE(tail.problem().find("no event journal"), std::string::npos);
  TestJournal journal;
  EventTail empty(journal.directory, {});
  EXPECT_EQ(empty.next(), TailStatus::kIdle);
  journal.begin_file();
  EXPECT_EQ(read_all(empty), Sequences());
  journal.batch(3, {2});
  EXPECT_EQ(read_all(empty), Sequences{2});
  EXPECT_EQ(empty.problem(), "");
}

TEST(EventTail, FollowsFromFileToFile) {
  TestJournal journal;
  journal.begin_file();
  EventTail tail(journal.directory, {});
  journal.batch(3, {1, 3});
  EXPECT_EQ(read_all(tail), (Sequences{1, 3}));
  journal.batch(5, {4});
  journal.begin_file();
  journal.batch(9, {7});
  EXPECT_EQ(read_all(tail), (Sequences{4, 7}));
  journal.begin_file();
  journal.begin_file();  // a file without a batch is passed over
  journal.batch(12, {12});
  EXPECT_EQ(read_all(tail), (Sequences{12}));
  EXPECT_EQ(tail.cursor().sequence, 12u);
  EXPECT_EQ(tail.cursor().entry_sequence, 12u);
}

TEST(EventTail, GoesOnAtAKeptCursorHoweverBatchesAreFramed) {
  TestJournal journal;
  journal.begin_file();
  journal.batch(4, {1, 3});
  Cursor kept;
  {
    EventTail tail(journal.directory, {});
    read_all(tail);
    kept = tail.cursor();
  }
  EXPECT_EQ(kept.sequence, 4u);
  EXPECT_EQ(kept.entry_sequence, 3u);
  EXPECT_EQ(kept.entry_chain_head, 5'003u);
  journal.cut_after(0);
  journal.batch(2, {1});
  journal.batch(6, {3, 5, 6});  // the cursor is in the middle of this one
  journal.begin_file();
  journal.batch(8, {8});
  EventTail again(journal.directory, kept);
  EXPECT_EQ(read_all(again), (Sequences{5, 6, 8}));
}

TEST(EventTail, BeginsInTheFileOfTheCursor) {
  TestJournal journal;
  Cursor at;
  for (int file = 1; file <= 5; ++file) {
    journal.begin_file();
    journal.batch(static_cast<Sequence>(file * 10), {static_cast<Sequence>(file * 10 - 1)});
    if (file != 3) continue;
    EventTail tail(journal.directory, {});
    read_all(tail);
    at = tail.cursor();
  }
  EventTail tail(journal.directory, at);
  EXPECT_EQ(read_all(tail), (Sequences{39, 49}));
  EXPECT_LT(tail.bytes(), 3 * 400u);  // not from the first file on
}

TEST(EventTail, ATornEndIsWaitedFor) {
  TestJournal journal;
  journal.begin_file();
  journal.batch(3, {3});
  EventTail tail(journal.directory, {});
  EXPECT_EQ(read_all(tail), Sequences{3});
  const std::vector<std::byte> half(100, std::byte{0x53});
  journal.write(journal.offset(), half);
  EXPECT_EQ(read_all(tail), Sequences());
  EXPECT_EQ(tail.problem(), "") << "it may just be being written";
  ::usleep(1'100'000);
  EXPECT_EQ(read_all(tail), Sequences());
  EXPECT_NE(tail.problem().find("cannot be read on"), std::string::npos);
  journal.write(journal.offset(), std::vector<std::byte>(100));
  journal.batch(5, {5});
  EXPECT_EQ(read_all(tail), Sequences{5});
  EXPECT_EQ(tail.problem(), "");
}

TEST(EventTail, WhatIsWrittenAgainIsSkippedWhileItRuns) {
  TestJournal journal;
  journal.begin_file();
  journal.batch(3, {2});
  journal.batch(7, {5, 6});
  EventTail tail(journal.directory, {});
  EXPECT_EQ(read_all(tail), (Sequences{2, 5, 6}));
  journal.cut_after(3);
  wait_for_check();
  EXPECT_EQ(read_all(tail), Sequences());
  EXPECT_EQ(read_all(tail), Sequences());
  EXPECT_TRUE(tail.behind());
  EXPECT_NE(tail.problem().find("ends at sequence 3"), std::string::npos) << tail.problem();
  journal.batch(5, {5});
  journal.batch(9, {6, 8});
  EXPECT_EQ(read_all(tail), Sequences{8});
  EXPECT_FALSE(tail.behind());
}

/// Found by the simulator: the reader stood in a file that had been removed, for ever.
TEST(EventTail, AFileThatIsRemovedAndMadeAgainIsRead) {
  TestJournal journal;
  journal.begin_file();
  journal.batch(4, {2});
  journal.begin_file();
  EventTail tail(journal.directory, {});
  TimeNs now_ns = 1'000'000'000;
  TailStatus end = TailStatus::kBatch;
  while (end == TailStatus::kBatch) end = tail.next(now_ns);
  EXPECT_EQ(tail.next(now_ns), TailStatus::kIdle);  // in the second file, which is empty
  EXPECT_EQ(tail.cursor().sequence, 4u);
  journal.make_file_again();
  journal.batch(6, {5});
  for (int i = 0; i < 10 && tail.cursor().sequence != 6; ++i) tail.next(now_ns += 60'000'000);
  EXPECT_EQ(tail.cursor().sequence, 6u);
  EXPECT_EQ(tail.cursor().entry_sequence, 5u);
}

/// Found by the simulator: as above, but of the file's first batch a part had been written.
TEST(EventTail, AFileThatIsMadeAgainAfterATornBatchIsRead) {
  TestJournal journal;
  journal.begin_file();
  journal.batch(4, {2});
  journal.begin_file();
  journal.write(sizeof(follower::EventFileHeader), std::vector<std::byte>(40, std::byte{0x53}));
  EventTail tail(journal.directory, {});
  TimeNs now_ns = 1'000'000'000;
  const auto look = [&](int times) {
    for (int i = 0; i < times && tail.cursor().sequence != 6; ++i) tail.next(now_ns += 60'000'000);
  };
  look(20);
  journal.make_file_again();
  journal.batch(6, {5});
  look(40);
  EXPECT_EQ(tail.cursor().sequence, 6u);
  EXPECT_EQ(tail.problem(), "");
}

TEST(EventTail, AnotherEpochAtTheCursorIsAFork) {
  for (const bool running : {true, false}) {
    TestJournal journal;
    journal.begin_file();
    journal.batch(3, {2});
    journal.batch(7, {5, 6});
    EventTail tail(journal.directory, {});
    EXPECT_EQ(read_all(tail), (Sequences{2, 5, 6}));
    journal.cut_after(3);
    journal.epoch = 2;
    journal.batch(4, {4});  // before the cursor already
    EventTail anew(journal.directory, tail.cursor());
    EventTail& one = running ? tail : anew;
    wait_for_check();
    TailStatus end;
    read_all(one, end);
    if (end == TailStatus::kIdle) read_all(one, end);
    EXPECT_EQ(end, TailStatus::kForked);
    EXPECT_EQ(one.problem(),
              "the event journal has another history: what has been applied goes to sequence 7 of "
              "epoch 1, but in the journal sequence 4 is of epoch 2");
  }
}

TEST(EventTail, ANewEpochAfterTheCursorIsNone) {
  TestJournal journal;
  journal.begin_file();
  journal.batch(3, {2});
  EventTail tail(journal.directory, {});
  EXPECT_EQ(read_all(tail), (Sequences{2}));
  journal.epoch = 2;
  journal.batch(8, {8});
  EventTail anew(journal.directory, tail.cursor());
  EXPECT_EQ(read_all(anew), (Sequences{8}));
  EXPECT_EQ(read_all(tail), (Sequences{8}));
  EXPECT_EQ(tail.cursor().epoch, 2u);
}

TEST(EventTail, OtherEventsAtTheCursorAreAFork) {
  TestJournal journal;
  journal.begin_file();
  journal.batch(3, {2});
  EventTail tail(journal.directory, {});
  read_all(tail);
  const Cursor kept = tail.cursor();
  TailStatus end;
  journal.cut_after(0);
  journal.chain_head = 6'000;
  journal.batch(3, {2});
  EventTail other(journal.directory, kept);
  read_all(other, end);
  EXPECT_EQ(end, TailStatus::kForked);
  EXPECT_NE(other.problem().find("events of sequence 2 are not those"), std::string::npos);
  journal.cut_after(0);
  journal.batch(3, {1});
  EventTail missing(journal.directory, kept);
  read_all(missing, end);
  EXPECT_EQ(end, TailStatus::kForked);
  EXPECT_NE(missing.problem().find("sequence 2, which has been applied"), std::string::npos);
}

TEST(EventTail, AnotherLogOrAHoleIsRefused) {
  TestJournal journal;
  journal.begin_file();
  journal.batch(3, {2});
  EventTail tail(journal.directory, {});
  read_all(tail);
  Cursor kept = tail.cursor();
  kept.log_id = 98;
  EventTail other(journal.directory, kept);
  EXPECT_EQ(other.next(), TailStatus::kForked);
  EXPECT_NE(other.problem().find("belongs to log 99"), std::string::npos);
  journal.begin_file();
  journal.batch(6, {5});
  fs::remove(journal.directory + "/" + follower::event_file_name(1));
  EventTail hole(journal.directory, {});
  EXPECT_EQ(hole.next(), TailStatus::kForked);
  EXPECT_NE(hole.problem().find("begins after sequence 3"), std::string::npos);
  Cursor other_shard;
  other_shard.shard = 1;
  TestJournal fresh;
  fresh.begin_file();
  fresh.batch(2, {1});
  EventTail shard(fresh.directory, other_shard);
  EXPECT_EQ(shard.next(), TailStatus::kForked);
}

TEST(Database, WideNumbersAsText) {
  EXPECT_EQ(wide_text(0), "0");
  EXPECT_EQ(wide_text(Int128{-1}), "-1");
  EXPECT_EQ(wide_text(Int128{INT64_MAX} * 10), "92233720368547758070");
  EXPECT_EQ(wide_text(-Int128{INT64_MAX} * 10), "-92233720368547758070");
}

TEST(Database, NobodyAtTheOtherEnd) {
  EXPECT_THROW(Database("host=/nonexistent dbname=saker", "test"), DatabaseError);
  EXPECT_THROW(read_conninfo("/nonexistent", "saker_settlement"), DatabaseError);
}

}  // namespace
}  // namespace saker::events
