// Hands what stands in the outbox table to the engine, each row with effect exactly once. This is
// the state machine alone: no sockets, no database, no clock.
//
// Within one life of the process the order entry client answers for that: a command is sent again
// with its number until it is decided. Uncertain is what an earlier life may have sent, what engine
// and follower have both forgotten, and what was refused as busy, because another copy of that
// datagram may still arrive and be taken. Then:
//   deposit      ask the ledger: it names every deposit by account and reference. The question
//                counts once settlement has passed the log sequence of a logon after the sending;
//                nothing of an earlier connection is applied after that logon.
//   hold         send it again: the engine refuses a reference that is in use, so that means done.
//   pay, void    send it again: the engine does not know a withdrawal that is settled; the ledger
//                then says which way it went.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "client/outcome.hpp"

namespace saker::accounts {

enum class OutboxKind : std::uint8_t { deposit, hold, pay, void_hold };
/// "deposit", "hold", "pay", "void", as the table has it.
const char* outbox_word(OutboxKind kind);

struct OutboxCommand {
  std::uint64_t outbox_id = 0;
  std::uint64_t reference = 0;  // the transfer, as the ledger will name it
  OutboxKind kind = OutboxKind::deposit;
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
  Minor amount = 0;
};

/// How a row ended. To be recorded; then the row may be forgotten.
struct OutboxDecision {
  OutboxCommand command;  // kind: what really happened to a withdrawal, pay or void_hold
  bool done = false;      // false: refused for `reason`
  proto::Reason reason = proto::Reason::NONE;
  Sequence engine_sequence = 0;  // 0: not known any more
};

class Outbox {
 public:
  /// A row of the table. `maybe_sent`: by an earlier life, or nobody knows. A row that is here
  /// already is left as it is.
  void add(const OutboxCommand& command, bool maybe_sent);
  bool has(std::uint64_t outbox_id) const { return entries_.count(outbox_id) > 0; }
  std::size_t size() const { return entries_.size(); }

  /// The funds session has logged on; LogonAccepted::engine_sequence.
  void on_logged_on(Sequence engine_sequence);
  /// The session must log on again: the fate of a command that this very connection sent can only
  /// be known once settlement has passed a logon that came after it.
  bool wants_logon(TimeNs now_ns) const;
  /// Offers what is to be sent to `send(const OutboxCommand&)`, in the order of the table, until
  /// it returns 0 instead of a client sequence number.
  template <class Send>
  void send_due(TimeNs now_ns, Send send) {
    for (auto& [id, entry] : entries_) {
      if (entry.state != State::ready || now_ns < entry.not_before_ns) continue;
      const std::uint64_t number = send(entry.command);
      if (number == 0) return;
      entry.state = State::in_flight;
      entry.client_sequence = number;
    }
  }
  void on_outcome(const client::Outcome& outcome, TimeNs now_ns);
  /// When send_due() has something to do; UINT64_MAX: not before something happens.
  TimeNs next_send_ns() const;

  /// The ledger is to be asked about these once settlement's cursor has reached
  /// `wanted_cursor()`; 0: about nothing.
  Sequence wanted_cursor() const;
  std::vector<OutboxCommand> to_look_up(Sequence cursor) const;
  /// What the ledger says: the sequence of the entry with this account, reference and reason
  /// (deposit, or withdrawal for pay and void); 0: there is none. `cursor`: up to where settlement
  /// had come at that very moment. An answer of too early a moment changes nothing: a crash of the
  /// database may have taken back what settlement had written when one last looked.
  void looked_up(std::uint64_t outbox_id, Sequence entry_sequence, Sequence cursor);

  /// Rows that have ended since the last call.
  std::vector<OutboxDecision> take_decisions();

 private:
  enum class State : std::uint8_t { ready, in_flight, uncertain };
  struct Entry {
    OutboxCommand command;
    State state = State::ready;
    bool maybe_sent = false;
    std::uint64_t client_sequence = 0;
    TimeNs not_before_ns = 0;
    Sequence need_cursor = 0;  // uncertain; 0: not before the next logon
  };

  void on_rejected(Entry& entry, const client::Outcome& outcome, TimeNs now_ns);
  void send_again(Entry& entry, TimeNs not_before_ns);
  void find_out(Entry& entry, TimeNs not_before_ns);
  void decide(Entry& entry, bool done, proto::Reason reason, Sequence sequence);

  std::map<std::uint64_t, Entry> entries_;  // by outbox_id: the order of the table
  std::vector<OutboxDecision> decisions_;
  Sequence logon_sequence_ = 0;
  Sequence seen_sequence_ = 0;
};

}  // namespace saker::accounts
