// The notary's file of signed heads on a faulty disk; the log beside it is sound. A head that was
// signed has been shown to people: it has to stay as it is, and the file has to agree with the log.
#include "journal/evidence/prove.hpp"
#include "journal/log_writer.hpp"
#include "journal/recovery.hpp"
#include "sim/faults/subject.hpp"

namespace saker::sim {
namespace {

const evidence::EvidenceKeys& keys() {
  static const evidence::EvidenceKeys made = evidence::EvidenceKeys::from_seed({});
  return made;
}

/// The log, which only grows.
class SoundLog {
 public:
  SoundLog() : disk_(coverage_, Rng(1), 1u << 20), storage(disk_, "log") {
    config_.log_id = 0xFA017;
    config_.segment_bytes = 16384;
    config_.ring_bytes = 4096;
    config_.max_batch_bytes = 2048;
    config_.max_payload_bytes = 64;
    config_.reserve_bytes = 1024;
    config_.keep_free_bytes = 0;
    config_.zero_chunk_bytes = 16384;
    allocator_ = std::make_unique<Allocator>(storage, config_, 0);
    writer_ = std::make_unique<Writer>(storage, *allocator_, config_, journal::LogState{});
    SAKER_ASSERT(writer_->start());
  }
  void grow() {
    for (int i = 0; i < 3; ++i) {
      journal::RecordFields fields;
      fields.type = 1;
      fields.epoch = 1;
      fields.sequence = ++sequence_;
      fields.timestamp_ns = sequence_ * 1000;
      writer_->append(fields, bytes_of(fields));
    }
    while (int{allocator_->poll(1)} | int{writer_->poll(1)}) {
    }
  }
  Sequence last() const { return sequence_; }

 private:
  using Allocator = journal::SegmentAllocator<SimStorage>;
  using Writer = journal::LogWriter<SimStorage>;
  Coverage coverage_;
  SimDisk disk_;
  journal::LogConfig config_;
  std::unique_ptr<Allocator> allocator_;
  std::unique_ptr<Writer> writer_;
  Sequence sequence_ = 0;

 public:
  SimStorage storage;
};

class HeadsSubject : public Subject {
 public:
  void run(FaultyDisk& disk) override {
    if (sign(disk, 3) && sign(disk, 2)) (void)sign(disk, 2);
  }

  Result judge(FaultyDisk& disk) override {
    findings_.judge();
    if (sign(disk, 1)) compare(disk);
    disk.disk().power_cut(PowerCut::lose_all);
    if (sign(disk, 1)) compare(disk);
    Result& result = findings_.result();
    // Whoever was shown a head can tell that it is not there any more.
    if (result.outcome == Outcome::lost_unseen) result.outcome = Outcome::lost_told;
    return result;
  }

 private:
  /// A notary's life: `count` times the log grows and is signed.
  bool sign(FaultyDisk& disk, int count) {
    FaultyStorage storage(disk, "evidence");
    evidence::Notary notary(log_.storage, storage, keys(), 0);
    if (!notary.start()) return failed(disk, notary.failure());
    for (int i = 0; i < count; ++i) {
      log_.grow();
      for (int polls = 0; polls < 20; ++polls) {
        const evidence::NotaryStep step = notary.poll(1);
        if (step == evidence::NotaryStep::failed) return failed(disk, notary.failure());
        const bool shown = step == evidence::NotaryStep::signed_head && !disk.dead();
        if (shown) shown_.push_back(*notary.last());
        if (step == evidence::NotaryStep::idle && notary.waiting() == 0) break;
      }
    }
    return !disk.dead();
  }

  bool failed(FaultyDisk& disk, const std::string& why) {
    if (!disk.dead()) findings_.refused(why);
    return false;
  }

  void compare(FaultyDisk& disk) {
    SimStorage storage(disk.disk(), "evidence");
    evidence::HeadFile<SimStorage> heads(storage);
    if (heads.open(false) != journal::IoStatus::ok) return findings_.wrong("no heads");
    const evidence::Audit audit = evidence::audit(log_.storage, heads, keys());
    if (!audit.sound()) {
      return findings_.refused("head " + std::to_string(audit.heads + 1) + ": " +
                               evidence::explain(audit.check));
    }
    if (audit.last_sequence != log_.last()) return findings_.wrong("heads do not cover the log");
    for (const evidence::SignedHead& shown : shown_) {
      evidence::SignedHead kept;
      if (heads.read(shown.head.number, kept) &&
          std::memcmp(&kept, &shown, sizeof(kept)) == 0) {
        continue;
      }
      return findings_.lost("head " + std::to_string(shown.head.number) + " is another one");
    }
  }

  SoundLog log_;
  std::vector<evidence::SignedHead> shown_;
  Findings findings_;
};

}  // namespace

std::unique_ptr<Subject> make_heads_subject(bool) { return std::make_unique<HeadsSubject>(); }

}  // namespace saker::sim
