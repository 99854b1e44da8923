// Follows the log and signs a head at intervals, of what is durable only. Reading, signing and
// writing happen in poll(); nothing here knows a clock or a thread.
#pragma once

#include <optional>

#include "journal/evidence/head_file.hpp"
#include "journal/log_reader.hpp"

namespace saker::evidence {

/// Collects the records of one head.
class HeadBuilder {
 public:
  explicit HeadBuilder(const EvidenceKeys& keys) : keys_(keys) {}
  void add(const journal::RecordView& record) {
    const Sequence sequence = record.header.sequence;
    if (root_.count() == 0) first_ = sequence;
    last_ = record.header;
    root_.add(leaf_of(blind_of(keys_, sequence), record.header, record.payload));
  }
  std::uint64_t count() const { return root_.count(); }
  Sequence last_sequence() const { return last_.sequence; }
  void clear() { root_.clear(); }

  /// The head over what was added, after `before` (nullptr: the first).
  Head finish(std::uint64_t log_id, const SignedHead* before) const {
    Head head;
    head.shard = last_.shard;
    head.epoch = last_.epoch;
    head.number = before == nullptr ? 1 : before->head.number + 1;
    head.first_sequence = first_;
    head.last_sequence = last_.sequence;
    head.timestamp_ns = last_.timestamp_ns;
    head.log = name_of_log(log_id);
    head.root = root_.root();
    head.chain = chain_of(keys_, before == nullptr ? Digest{} : before->head.chain, head);
    if (before != nullptr) head.previous = link_of(*before);
    return head;
  }

 private:
  const EvidenceKeys& keys_;
  MerkleRoot root_;
  Sequence first_ = 0;
  journal::RecordHeader last_;
};

/// Does the log hold the records that `head` was signed over? `before` as for finish().
inline HeadCheck check_records(const HeadBuilder& records, std::uint64_t log_id,
                               const SignedHead& head, const SignedHead* before) {
  const Head made = records.finish(log_id, before);
  if (made.log != head.head.log || made.shard != head.head.shard) return HeadCheck::log;
  if (made.root != head.head.root) return HeadCheck::root;
  if (made.epoch != head.head.epoch || made.timestamp_ns != head.head.timestamp_ns) {
    return HeadCheck::order;
  }
  return made.chain == head.head.chain ? HeadCheck::none : HeadCheck::chain;
}

enum class NotaryStep : std::uint8_t {
  idle,    // nothing to do before the log grows or the interval is over
  read,    // records were taken; call again
  signed_head,
  failed,  // final; failure() says why
};

template <journal::Storage L, journal::Storage H>
class Notary {
 public:
  /// A head covers at most so many records, so that a proof can be made in memory.
  static constexpr std::uint64_t kMostRecords = 1u << 18;

  Notary(L& log, H& heads, const EvidenceKeys& keys, TimeNs interval_ns)
      : log_(log), file_(heads), keys_(keys), interval_ns_(interval_ns), builder_(keys) {}

  /// Takes up the work after the last head there is, whose records it reads again and compares:
  /// a log that was put in place of another one is noticed. False: see failure().
  bool start() {
    if (file_.open(true) != journal::IoStatus::ok) return fail("the heads cannot be opened");
    Sequence from = 0;
    if (file_.count() > 0) {
      if (!take_last_heads()) return false;
      from = last_->head.first_sequence;
      to_check_ = last_->head.last_sequence;
    }
    reader_.emplace(log_, journal::ReadMode::follow, from);
    return true;
  }

  NotaryStep poll(TimeNs now_ns) {
    if (!failure_.empty()) return NotaryStep::failed;
    if (due(now_ns)) return sign_now(now_ns);
    for (int taken = 0; taken < kRecordsPerPoll; ++taken) {
      const journal::ReadKind kind = reader_->next();
      if (kind == journal::ReadKind::nothing_yet) {
        return taken > 0 ? NotaryStep::read : NotaryStep::idle;
      }
      if (kind != journal::ReadKind::record) {
        fail(kind == journal::ReadKind::io_error
                 ? "the log cannot be read" + journal::place_of_error(reader_->state())
                 : std::string("the log cannot be read on: ") + journal::to_string(kind) + ", " +
                       journal::explain(reader_->damage().check));
        return NotaryStep::failed;
      }
      builder_.add(reader_->record());
      if (to_check_ == builder_.last_sequence() && !check_last()) return NotaryStep::failed;
      if (builder_.count() == kMostRecords) break;
    }
    return NotaryStep::read;
  }

  const std::string& failure() const { return failure_; }
  /// The newest head, or nullptr.
  const SignedHead* last() const { return last_ ? &*last_ : nullptr; }
  std::uint64_t waiting() const { return builder_.count(); }

 private:
  static constexpr int kRecordsPerPoll = 256;

  bool fail(std::string why) {
    failure_ = std::move(why);
    return false;
  }
  bool take_last_heads() {
    SignedHead head;
    if (!file_.read(file_.count(), head)) return fail("the last head cannot be read");
    if (const HeadCheck check = check_head(head, keys_.public_key); check != HeadCheck::none) {
      return fail(std::string("the last head: ") + explain(check));
    }
    if (file_.count() > 1) {
      SignedHead before;
      if (!file_.read(file_.count() - 1, before)) return fail("the last heads cannot be read");
      before_last_ = before;
    }
    const HeadCheck check = check_follows(head, before_last_ ? &*before_last_ : nullptr);
    if (check != HeadCheck::none) return fail(std::string("the last head: ") + explain(check));
    last_ = head;
    return true;
  }
  /// The records of the head that an earlier run signed last are all here.
  bool check_last() {
    const HeadCheck check = check_records(builder_, reader_->state().log_id, *last_,
                                          before_last_ ? &*before_last_ : nullptr);
    if (check != HeadCheck::none) {
      return fail("head " + std::to_string(last_->head.number) + ": " + explain(check));
    }
    to_check_ = 0;
    builder_.clear();
    return true;
  }
  bool due(TimeNs now_ns) const {
    if (to_check_ != 0 || builder_.count() == 0) return false;
    return builder_.count() == kMostRecords || now_ns >= signed_ns_ + interval_ns_;
  }
  NotaryStep sign_now(TimeNs now_ns) {
    const SignedHead head =
        sign(keys_, builder_.finish(reader_->state().log_id, last_ ? &*last_ : nullptr));
    const journal::IoStatus status = file_.append(head);
    if (status == journal::IoStatus::no_space) return NotaryStep::idle;  // later
    if (status != journal::IoStatus::ok) {
      fail("a head cannot be written");
      return NotaryStep::failed;
    }
    before_last_ = last_;
    last_ = head;
    builder_.clear();
    signed_ns_ = now_ns;
    return NotaryStep::signed_head;
  }

  L& log_;
  HeadFile<H> file_;
  const EvidenceKeys& keys_;
  const TimeNs interval_ns_;
  HeadBuilder builder_;
  std::optional<journal::LogReader<L>> reader_;
  std::optional<SignedHead> last_;
  std::optional<SignedHead> before_last_;
  Sequence to_check_ = 0;  // of an earlier run's last head; 0: it has been checked
  TimeNs signed_ns_ = 0;
  std::string failure_;
};

}  // namespace saker::evidence
