// Snapshots on a faulty disk: written, read back and only then followed by the removal of the
// oldest, as the follower does it; one of them of two chunks; a kill with one half written.
#include "journal/snapshot_file.hpp"
#include "sim/faults/subject.hpp"

namespace saker::sim {
namespace {

using journal::IoStatus;
using journal::SnapshotStatus;

std::vector<std::byte> payload_of(Sequence sequence) {
  const std::size_t size = sequence == 200 ? 66'000 : 100 + sequence % 97 * 13;
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(sequence * 31 + i * 7);
  return bytes;
}

class SnapshotSubject : public Subject {
 public:
  void run(FaultyDisk& disk) override {
    take(disk, 100);
    take(disk, 200);
    {
      FaultyStorage storage(disk, "snapshots");
      journal::SnapshotWriter<FaultyStorage> writer(storage);
      (void)writer.begin();
      (void)writer.write(payload_of(250));
      const bool was_dead = disk.dead();
      disk.set_dead(true);  // killed here: it does not tidy up
      writer.abandon();
      disk.set_dead(was_dead);
    }
    take(disk, 300);
    take(disk, 400);
  }

  Result judge(FaultyDisk& disk) override {
    findings_.judge();
    look(disk);
    disk.disk().power_cut(PowerCut::lose_all);
    look(disk);
    // The disk is good now: whatever there was, a new one can be taken.
    if (!take(disk, 500)) findings_.wrong("no snapshot can be taken any more");
    disk.disk().power_cut(PowerCut::lose_all);
    look(disk);
    return findings_.result();
  }

 private:
  /// As SnapshotStore and SnapshotChecker; true when it counts.
  bool take(FaultyDisk& disk, Sequence sequence) {
    FaultyStorage storage(disk, "snapshots");
    journal::SnapshotInfo info;
    info.sequence = sequence;
    info.log_id = 0xFA017;
    {
      journal::SnapshotWriter<FaultyStorage> writer(storage);
      IoStatus status = writer.begin();
      if (status == IoStatus::ok) (void)writer.write(payload_of(sequence));
      status = writer.commit(info, journal::kSnapshotsKept + 1);
      if (status != IoStatus::ok) return false;
    }
    journal::SnapshotReader<FaultyStorage> reader(storage);
    if (reader.open(journal::snapshot_name(sequence)) != SnapshotStatus::ok) {
      if (!disk.dead()) (void)storage.remove(journal::snapshot_name(sequence));
      (void)storage.sync_dir();
      return false;
    }
    if (disk.dead()) return false;
    promised_ = sequence;
    (void)journal::remove_old_snapshots(storage);
    return true;
  }

  void look(FaultyDisk& disk) {
    SimStorage storage(disk.disk(), "snapshots");
    journal::SnapshotReader<SimStorage> reader(storage);
    const SnapshotStatus status = reader.open_newest();
    if (status != SnapshotStatus::ok) {
      if (promised_ != 0) findings_.refused(std::string("no snapshot: ") + to_string(status));
      return;
    }
    const Sequence sequence = reader.info().sequence;
    std::vector<std::byte> bytes(reader.payload_bytes());
    std::size_t got = 0;
    if (reader.read(bytes, got) != SnapshotStatus::ok || got != bytes.size() ||
        bytes != payload_of(sequence) || sequence % 100 != 0) {
      return findings_.wrong("a snapshot is not what was written");
    }
    // An older one is as good: the log is replayed from there. But it has to be told.
    if (sequence < promised_) {
      const bool told = !reader.problems().empty();
      findings_.refused(told ? std::string(to_string(reader.problems().front().status)) + " of " +
                                   reader.problems().front().name
                             : "the newest is not there");
    }
  }

  Sequence promised_ = 0;
  Findings findings_;
};

}  // namespace

std::unique_ptr<Subject> make_snapshot_subject(bool) {
  return std::make_unique<SnapshotSubject>();
}

}  // namespace saker::sim
