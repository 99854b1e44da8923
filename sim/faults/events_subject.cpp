// The follower's event journal on a faulty disk. It is derived: the log gives every entry again.
// So the promise is that after each start the follower adds what is missing and nothing twice, and
// that a reader afterwards finds every entry as it was, or is told where the damage is.
#include "engine/follower/event_journal.hpp"
#include "sim/faults/subject.hpp"

namespace saker::sim {
namespace {

using follower::EventRead;

constexpr std::uint64_t kLogId = 0xFA017;
constexpr std::uint64_t kFileBytes = 1500;

journal::RecordHeader record_of(Sequence sequence) {
  journal::RecordHeader record;
  record.sequence = sequence;
  record.epoch = sequence < 15 ? 1 : 2;
  record.type = raw(proto::CommandKind::Deposit);
  record.timestamp_ns = sequence * 1000;
  record.header_crc = static_cast<std::uint32_t>(sequence * 2654435761u);
  return record;
}

/// Some commands have no entry.
int legs_of(Sequence sequence) { return static_cast<int>(sequence % 4); }

core::LedgerLeg leg_of(Sequence sequence, int i) {
  core::LedgerLeg leg;
  leg.reference = sequence;
  leg.amount = static_cast<Minor>(sequence * 10) + i;
  leg.account = static_cast<std::uint32_t>(i);
  leg.asset = 1;
  return leg;
}

class EventsSubject : public Subject {
 public:
  void run(FaultyDisk& disk) override {
    if (work(disk, 12) && work(disk, 26)) (void)work(disk, 36);
  }

  Result judge(FaultyDisk& disk) override {
    findings_.judge();
    if (!work(disk, 40)) return findings_.result();
    read(disk);
    disk.disk().power_cut(PowerCut::lose_all);
    read(disk);
    return findings_.result();
  }

 private:
  /// A follower's life: it finds the end, and adds what the log has beyond it, up to `until`.
  bool work(FaultyDisk& disk, Sequence until) {
    FaultyStorage storage(disk, "events");
    follower::EventJournal<FaultyStorage> journal(storage, kFileBytes);
    if (!journal.open()) {
      if (!disk.dead()) findings_.refused(journal.problem());
      return false;
    }
    if (journal.end() == nullptr) journal.begin(kLogId, 3);
    if (journal.last_sequence() > until) return true;
    for (Sequence sequence = journal.last_sequence() + 1; sequence <= until; ++sequence) {
      if (!add(journal, sequence)) return false;
      if (sequence % 3 == 0 && !patient(journal, [&] { return journal.write(); })) return false;
      if (sequence % 6 == 0 && !journal.sync()) return false;
    }
    return patient(journal, [&] { return journal.flush(); }) && !disk.dead();
  }

  bool add(follower::EventJournal<FaultyStorage>& journal, Sequence sequence) {
    static core::Output out;
    out.clear();
    out.sequence = sequence;
    out.chain_head = sequence * 77;
    for (int i = 0; i < legs_of(sequence); ++i) out.legs.add() = leg_of(sequence, i);
    core::Command command;
    command.sequence = sequence;
    command.kind = proto::CommandKind::Deposit;
    return patient(journal, [&] { return journal.add(record_of(sequence), command, out); });
  }

  /// A full disk is waited for; a failure ends the process.
  template <class Try>
  bool patient(follower::EventJournal<FaultyStorage>& journal, Try&& attempt) {
    for (int i = 0; i < 5; ++i) {
      if (attempt()) return true;
      if (journal.failed()) return false;
    }
    findings_.wrong("the event journal does not get on");
    return false;
  }

  /// What settlement would read, from the first entry on.
  void read(FaultyDisk& disk) {
    SimStorage storage(disk.disk(), "events");
    follower::EventReader<SimStorage> reader(storage);
    follower::EventBatchView view;
    Sequence last = 0;
    EventRead read = reader.next(view);
    for (; read == EventRead::batch; read = reader.next(view)) {
      follower::CommandEvents events;
      while (follower::next_command_events(view.entries, events)) {
        do ++last;
        while (legs_of(last) == 0);
        if (!same(events, last)) return findings_.wrong("an entry is not what was added");
      }
      if (view.body.chain_head != view.body.last_sequence * 77) findings_.wrong("a chain head");
      last = view.body.last_sequence;
    }
    if (read == EventRead::damage) {
      if (reader.problem() == nullptr) findings_.wrong("damage without a reason");
      else findings_.refused(reader.problem());
    } else if (read != EventRead::end || last != 40) {
      findings_.wrong("the journal ends at " + std::to_string(last));
    }
  }

  static bool same(const follower::CommandEvents& events, Sequence sequence) {
    if (events.entry.sequence != sequence || events.entry.chain_head != sequence * 77 ||
        events.entry.time_ns != sequence * 1000 ||
        events.legs.size() != static_cast<std::size_t>(legs_of(sequence))) {
      return false;
    }
    for (int i = 0; i < legs_of(sequence); ++i) {
      const core::LedgerLeg expected = leg_of(sequence, i);
      const core::LedgerLeg& found = events.legs[static_cast<std::size_t>(i)];
      if (std::memcmp(&found, &expected, sizeof(expected)) != 0) return false;
    }
    return true;
  }

  Findings findings_;
};

}  // namespace

std::unique_ptr<Subject> make_events_subject(bool) { return std::make_unique<EventsSubject>(); }

}  // namespace saker::sim
