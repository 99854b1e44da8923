// The command log on a faulty disk: recovery, segment allocator, log writer, durable mark. Batches
// of several sizes over several segments, a power cut in the middle of the work with a batch not
// synced, a clean stop and another start.
#include "journal/evidence/prove.hpp"
#include "journal/log_writer.hpp"
#include "journal/recovery.hpp"
#include "sim/faults/subject.hpp"

namespace saker::sim {
namespace {

journal::LogConfig log_config() {
  journal::LogConfig config;
  config.shard = 3;
  config.log_id = 0xFA017;
  config.segment_bytes = 4096;
  config.ring_bytes = 4096;
  config.max_batch_bytes = 2048;
  config.max_payload_bytes = 400;
  config.reserve_bytes = 1024;
  config.keep_free_bytes = 0;
  config.zero_chunk_bytes = 4096;
  return config;
}

struct Process {
  Process(FaultyDisk& disk, const journal::LogState& end)
      : storage(disk, "log"), allocator(storage, log_config(), end.next_segment()),
        writer(storage, allocator, log_config(), end) {}
  FaultyStorage storage;
  journal::SegmentAllocator<FaultyStorage> allocator;
  journal::LogWriter<FaultyStorage> writer;
};

struct Written {
  journal::RecordFields fields;
  std::vector<std::byte> payload;
};

/// Those who read the log while it grows: the notary, which signs at once, and the follower, which
/// remembers the checksum of each record.
class Witnesses {
 public:
  explicit Witnesses(SimDisk& disk)
      : log_(disk, "log"), own_(coverage_, Rng(1), 1u << 20), heads_(own_, "heads") {}

  void look() {
    if (!reader_) start();
    journal::ReadKind kind = reader_->next();
    for (; kind == journal::ReadKind::record; kind = reader_->next()) {
      const journal::RecordHeader& header = reader_->record().header;
      if (header.sequence > known_.size()) known_.push_back(header.header_crc);
      else if (known_[header.sequence - 1] != header.header_crc) follower_tells_ = true;
    }
    if (kind != journal::ReadKind::nothing_yet) follower_tells_ = true;
    for (int i = 0; i < 20 && !heads_tell_; ++i) {
      const evidence::NotaryStep step = notary_->poll(0);
      if (step == evidence::NotaryStep::failed) heads_tell_ = true;
      if (step == evidence::NotaryStep::idle) break;
    }
  }
  void restart() { reader_.reset(); }
  /// At the end, over all there is.
  void compare(Result& result) {
    journal::LogReader<SimStorage> reader(log_, journal::ReadMode::sealed);
    Sequence last = 0;
    while (reader.next() == journal::ReadKind::record) {
      last = reader.record().header.sequence;
      if (last > known_.size()) break;
      follower_tells_ |= known_[last - 1] != reader.record().header.header_crc;
    }
    follower_tells_ |= last < known_.size();
    evidence::HeadFile<SimStorage> heads(heads_);
    if (heads.open(false) == journal::IoStatus::ok) {
      heads_tell_ |= !evidence::audit(log_, heads, keys()).sound();
    }
    result.follower_tells = follower_tells_;
    result.heads_tell = heads_tell_;
  }

 private:
  static const evidence::EvidenceKeys& keys() {
    static const evidence::EvidenceKeys made = evidence::EvidenceKeys::from_seed({});
    return made;
  }
  void start() {
    reader_.emplace(log_, journal::ReadMode::follow, 0);
    notary_.emplace(log_, heads_, keys(), 0);
    if (!notary_->start()) heads_tell_ = true;
  }

  SimStorage log_;
  Coverage coverage_;
  SimDisk own_;
  SimStorage heads_;
  std::optional<journal::LogReader<SimStorage>> reader_;
  std::optional<evidence::Notary<SimStorage, SimStorage>> notary_;
  std::vector<std::uint32_t> known_;
  bool follower_tells_ = false;
  bool heads_tell_ = false;
};

class LogSubject : public Subject {
 public:
  explicit LogSubject(bool witnessed) : witnessed_(witnessed) {}

  void run(FaultyDisk& disk) override {
    if (!start(disk)) return;
    for (const int count : {3, 1, 1, 5, 2}) {
      if (!write(disk, count)) return;
    }
    // A batch that is written and not synced, then the power fails.
    append(4);
    for (int i = 0; i < 4 && process_->writer.poll(now_ns_); ++i) {
      if (disk.operations().back().kind == OpKind::write) break;
    }
    process_.reset();
    if (disk.dead()) return;
    disk.disk().power_cut(PowerCut::prefix);
    if (!start(disk)) return;
    for (const int count : {1, 4, 1, 3}) {
      if (!write(disk, count)) return;
    }
    if (!process_->writer.close()) return;
    process_.reset();
    if (disk.dead() || !start(disk)) return;
    for (const int count : {2, 1}) {
      if (!write(disk, count)) return;
    }
  }

  Result judge(FaultyDisk& disk) override {
    process_.reset();
    judging_ = true;
    findings_.judge();
    // Where only the engine died, the others still look at what it wrote last.
    if (witnesses_ && !disk.power_is_cut()) witnesses_->look();
    if (start(disk)) {
      // What was recovered may be promised: it has to be on the disk by itself.
      process_.reset();
      disk.disk().power_cut(PowerCut::lose_all);
      if (start(disk)) {
        if (!write(disk, 1) || !write(disk, 2)) findings_.wrong("nothing more can be written");
        process_.reset();
        disk.disk().power_cut(PowerCut::random);
        (void)start(disk);
        process_.reset();
      }
    }
    Result& result = findings_.result();
    if (witnesses_) witnesses_->compare(result);
    if (result.outcome == Outcome::lost_unseen && (result.heads_tell || result.follower_tells)) {
      result.outcome = Outcome::lost_told;
    }
    return result;
  }

 private:
  /// Recovers and opens for writing. False: refused, or the disk failed.
  bool start(FaultyDisk& disk) {
    ++life_;
    if (witnessed_ && !witnesses_) witnesses_ = std::make_unique<Witnesses>(disk.disk());
    if (witnesses_) witnesses_->restart();
    FaultyStorage storage(disk, "log");
    const journal::Recovery recovery = journal::recover(storage);
    if (disk.dead()) return false;
    if (!recovery.ok()) {
      refuse(recovery);
      return false;
    }
    compare(disk, recovery.state);
    if (findings_.result().outcome == Outcome::wrong) return false;
    process_ = std::make_unique<Process>(disk, recovery.state);
    return process_->writer.start();
  }

  void refuse(const journal::Recovery& recovery) {
    const journal::Damage& damage = recovery.damage;
    if (recovery.kind == journal::ReadKind::io_error) return findings_.refused("io_error");
    if (damage.check == journal::Check::none) findings_.wrong("a refusal without a reason");
    findings_.refused(std::string(to_string(damage.check)) + " at segment " +
                      std::to_string(damage.position.segment) + " offset " +
                      std::to_string(damage.position.offset));
  }

  /// Is there what was promised, as it was appended, and nothing else?
  void compare(FaultyDisk& disk, const journal::LogState& state) {
    SimStorage storage(disk.disk(), "log");
    journal::LogReader<SimStorage> reader(storage, journal::ReadMode::sealed);
    Sequence last = 0;
    journal::ReadKind kind = reader.next();
    for (; kind == journal::ReadKind::record; kind = reader.next()) {
      ++last;
      const journal::RecordView& record = reader.record();
      if (record.header.sequence != last || last > appended_.size() ||
          !same(record, appended_[last - 1])) {
        return findings_.wrong("record " + std::to_string(last) + " is not what was appended");
      }
    }
    // A write of recovery's own that was spoilt can leave dirt behind the end, for the next to cut.
    if (kind != journal::ReadKind::end && (judging_ || kind != journal::ReadKind::torn_tail)) {
      return findings_.wrong(std::string("after recovery the log ends in ") + to_string(kind));
    }
    if (last != state.last_sequence) return findings_.wrong("recovery ends at another record");
    if (last < promised_) {
      if (last < looked_at_) findings_.result().others_looked = true;
      findings_.lost("records from " + std::to_string(last + 1) + " to " +
                     std::to_string(promised_) + " are gone");
    }
    appended_.resize(last);
    promised_ = looked_at_ = last;
  }

  static bool same(const journal::RecordView& record, const Written& written) {
    const journal::RecordFields& fields = written.fields;
    return record.header.type == fields.type && record.header.epoch == fields.epoch &&
           record.header.flags == fields.flags && record.header.shard == log_config().shard &&
           record.header.timestamp_ns == fields.timestamp_ns &&
           std::equal(record.payload.begin(), record.payload.end(), written.payload.begin(),
                      written.payload.end());
  }

  void append(int count) {
    for (int i = 0; i < count; ++i) {
      Written record;
      record.fields.type = 1;
      record.fields.flags = static_cast<std::uint8_t>(life_);
      record.fields.epoch = 1;
      record.fields.sequence = appended_.size() + 1;
      record.fields.timestamp_ns = now_ns_ += 1000;
      // The same number never has the same content twice.
      record.payload.resize(40 + (appended_.size() * 37 + life_ * 11) % 300,
                            static_cast<std::byte>(1 + appended_.size() * 7 + life_));
      process_->writer.append(record.fields, record.payload);
      appended_.push_back(std::move(record));
    }
  }

  /// One batch, all the way. False: the writer failed, or never came to an end.
  bool write(FaultyDisk& disk, int count) {
    append(count);
    for (int i = 0; i < 200; ++i) {
      const bool prepares = process_->allocator.poll(now_ns_);
      const bool more = process_->writer.poll(now_ns_) || prepares;
      promised_ = std::max(promised_, process_->writer.durable_sequence());
      if (process_->writer.failed()) return false;
      if (!more && process_->writer.idle() && process_->allocator.ready()) break;
      now_ns_ += more ? 1000 : log_config().retry_interval_ns;
    }
    if (!disk.dead() && promised_ != appended_.size()) {
      findings_.wrong("the writer came to rest before its work was done");
    }
    if (disk.dead()) return false;
    if (witnesses_) witnesses_->look();
    looked_at_ = promised_;
    return true;
  }

  const bool witnessed_;
  std::unique_ptr<Witnesses> witnesses_;
  std::unique_ptr<Process> process_;
  std::vector<Written> appended_;
  Sequence promised_ = 0;
  Sequence looked_at_ = 0;  // promised when the others looked last
  TimeNs now_ns_ = 1'700'000'000'000'000'000;
  unsigned life_ = 0;
  bool judging_ = false;
  Findings findings_;
};

}  // namespace

std::unique_ptr<Subject> make_log_subject(bool witnessed) {
  return std::make_unique<LogSubject>(witnessed);
}

}  // namespace saker::sim
