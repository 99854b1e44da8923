// What is put to the test on a faulty disk: a part of the real code with a fixed script of work,
// and a judge that knows what it was told to keep.
#pragma once

#include <memory>
#include <string>

#include "sim/faults/faulty_disk.hpp"

namespace saker::sim {

enum class Outcome : std::uint8_t {
  recovered,       // every promise kept, and nothing else there
  refused,         // by the recovery, with the place; or, first, while the disk failed
  lost_told,       // recovered without what a lying disk has lost; others can tell
  lost_unseen,     // lost before any of them had read it: only who was told can tell
  wrong,
  kCount,
};

struct Result {
  Outcome outcome = Outcome::recovered;
  std::string why;             // of anything but recovered
  bool for_good = false;       // refused although the disk works again
  bool others_looked = false;  // lost_unseen: although they had looked since
  bool heads_tell = false;     // lost_told: the signed heads do not agree with the log
  bool follower_tells = false; // lost_told: the follower knows another log
};

class Subject {
 public:
  virtual ~Subject() = default;
  /// The script, until its end or until the code under test gives up. Restarts are part of it.
  virtual void run(FaultyDisk& disk) = 0;
  /// After the crash, on a disk that works again: what has come of it all?
  virtual Result judge(FaultyDisk& disk) = 0;
};

/// `witnessed`: others follow and sign, as in a real venue; only needed when something was lost.
using MakeSubject = std::unique_ptr<Subject> (*)(bool witnessed);
std::unique_ptr<Subject> make_log_subject(bool witnessed);
std::unique_ptr<Subject> make_snapshot_subject(bool witnessed);
std::unique_ptr<Subject> make_events_subject(bool witnessed);
std::unique_ptr<Subject> make_heads_subject(bool witnessed);

/// Collects what a judge finds; the worst counts.
class Findings {
 public:
  /// From now on the disk works: a refusal is for good.
  void judge() { judging_ = true; }
  void wrong(std::string why) { add(Outcome::wrong, std::move(why)); }
  void refused(std::string why) {
    if (judging_ && !result_.for_good && result_.outcome == Outcome::refused) result_.why = why;
    result_.for_good |= judging_;
    add(Outcome::refused, std::move(why));
  }
  void lost(std::string why) { add(Outcome::lost_unseen, std::move(why)); }
  Result& result() { return result_; }

 private:
  void add(Outcome outcome, std::string why) {
    if (outcome <= result_.outcome) return;
    result_.outcome = outcome;
    result_.why = std::move(why);
  }
  Result result_;
  bool judging_ = false;
};

}  // namespace saker::sim
