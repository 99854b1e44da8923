// Follows the event journal from a place that was kept elsewhere, usually in a database.
//
// The journal may change under a reader: after a crash the follower zeroes what was torn and writes
// the same entries again, perhaps in other batches; when the log itself lost its tail (policy
// `memory`) it drops entries for good and goes on with others, in a higher epoch. The first is
// followed silently, the second is a fork, which no reader can mend.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "engine/follower/event_reader.hpp"
#include "events/cursor.hpp"
#include "journal/posix_storage.hpp"

namespace saker::events {

enum class TailStatus : std::uint8_t {
  kBatch,   // events() and cursor() are new
  kIdle,    // nothing more at present; problem() says why, if there is a reason
  kForked,  // problem() says where the histories part; final
};

template <journal::Storage Storage>
class BasicEventTail {
 public:
  /// `storage`: what the storage is made of; nothing for one that opens `directory` by itself.
  template <class... Arguments>
  BasicEventTail(const std::string& directory, const Cursor& from, Arguments&&... storage)
      : directory_(directory), storage_(std::forward<Arguments>(storage)...),
        verified_(from.sequence == 0), cursor_(from) {}

  /// `now_ns` of a clock that never goes back.
  TailStatus next(TimeNs now_ns = MonotonicClock().now_ns());
  /// Commands of the last batch beyond the former cursor. Valid until next().
  const std::vector<follower::CommandEvents>& events() const { return events_; }
  /// The place after the last batch.
  const Cursor& cursor() const { return cursor_; }
  /// One sentence, or empty.
  const std::string& problem() const { return problem_; }
  /// The journal ends before the cursor: nothing is known about what comes.
  bool behind() const { return !verified_; }
  /// Bytes of the journal read so far.
  std::uint64_t bytes() const { return bytes_; }

 private:
  using Reader = follower::EventFileReader<Storage>;
  /// What stood where, to see whether it still does.
  struct Trace {
    std::uint64_t file = 0;  // 0: none
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
  };

  bool open();
  TailStatus position();
  TailStatus take(const follower::EventBatchView& view);
  TailStatus after_end(bool last_look);
  void remember(const follower::EventBatchView& view, std::uint64_t offset);
  TailStatus verify(const follower::EventBatchView& view);
  TailStatus idle(std::string problem);
  TailStatus forked(std::string problem);
  TailStatus start_over(const std::string& why);
  bool unchanged(const Trace& trace);
  Trace trace(std::uint64_t file, std::uint64_t offset, std::size_t size);
  bool history_is_still_there();
  bool file_was_made_again();
  bool lasting_damage();

  std::string directory_;
  Storage storage_;
  bool opened_ = false;
  std::unique_ptr<Reader> file_;
  bool positioned_ = false;
  bool verified_ = false;      // what the cursor says is in the journal
  Sequence read_after_ = 0;    // the first file opened begins after this
  bool entry_found_ = false;
  Cursor cursor_;
  Trace header_, batch_;       // of the current file, of the last batch read
  TimeNs now_ns_ = 0;
  TimeNs checked_ns_ = 0;
  std::uint64_t unread_offset_ = 0;  // where another file of this name goes on
  std::uint64_t damage_offset_ = 0;
  TimeNs damage_since_ns_ = 0;
  TimeNs reopened_ns_ = 0;  // last time for lasting damage
  std::vector<follower::CommandEvents> events_;
  std::string problem_;
  std::uint64_t bytes_ = 0;
};

using EventTail = BasicEventTail<journal::PosixStorage>;
extern template class BasicEventTail<journal::PosixStorage>;

}  // namespace saker::events
