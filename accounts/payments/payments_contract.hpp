// What the payments schema must do for the outbox, as a test: PostgreSQL (payments_store) and the
// simulator's tables are both held to it.
//
// Place: book(key, withdrawal, payout_refused, amount), what it says as Booking; record(decisions);
// payouts(); open(), all rows that are; look_up(commands). Each is one transaction, carried out.
// The ledger is empty, withdrawals are due at once, nothing was booked before.
#pragma once

#include <stdexcept>

#include "accounts/payments/transfers.hpp"

namespace saker::accounts {

struct Booking {
  std::uint64_t transfer_id = 0;
  std::optional<OutboxCommand> command;  // when it is new
};

template <class Place>
class PaymentsContract {
 public:
  explicit PaymentsContract(Place& place) : place_(place) {}

  /// Throws std::runtime_error with what does not hold.
  void check() {
    a_key_is_one_transfer();
    a_deposit_ends_once();
    a_refusal_ends_it_too();
    a_withdrawal_is_paid_once();
    a_withdrawal_ends_as_it_really_did();
    an_empty_ledger_says_so();
  }

 private:
  static void holds(bool good, const std::string& what) {
    if (!good) throw std::runtime_error("does not hold: " + what);
  }
  OutboxCommand book(bool withdrawal, bool payout_refused = false) {
    const Booking booked = place_.book(++key_, withdrawal, payout_refused, 500);
    holds(booked.command.has_value(), "a new key is a new transfer");
    const OutboxCommand& command = *booked.command;
    holds(command.kind == (withdrawal ? OutboxKind::hold : OutboxKind::deposit) &&
              command.reference == booked.transfer_id && command.amount == 500,
          "the first row of a transfer");
    return command;
  }
  std::string record(const OutboxCommand& command, bool done) {
    OutboxDecision decision;
    decision.command = command;
    decision.done = done;
    decision.reason = done ? proto::Reason::NONE : proto::Reason::UNKNOWN_ASSET;
    decision.engine_sequence = 40;
    const std::vector<Transfer> transfers = place_.record({decision});
    holds(transfers.size() == 1 && transfers[0].transfer_id == command.reference,
          "recording answers with the transfer");
    return transfers[0].status;
  }
  bool is_open(const OutboxCommand& command) {
    for (const OutboxCommand& open : place_.open()) {
      if (open.outbox_id != command.outbox_id) continue;
      holds(open.reference == command.reference && open.kind == command.kind &&
                open.account == command.account && open.asset == command.asset &&
                open.amount == command.amount,
            "an open row is what was booked");
      return true;
    }
    return false;
  }

  void a_key_is_one_transfer() {
    const OutboxCommand command = book(false);
    const Booking again = place_.book(key_, false, false, 500);
    holds(again.transfer_id == command.reference && !again.command,
          "the same key is the same transfer, with no row of its own");
    holds(is_open(command) && place_.open().size() == 1, "its one row is open");
    record(command, true);
  }

  void a_deposit_ends_once() {
    const OutboxCommand command = book(false);
    holds(record(command, true) == "completed", "a deposit that was carried out is completed");
    holds(!is_open(command), "its row is closed");
    holds(record(command, false) == "completed", "what is recorded stays");
  }

  void a_refusal_ends_it_too() {
    const OutboxCommand command = book(true);
    holds(record(command, false) == "refused" && !is_open(command), "a refused withdrawal");
    holds(record(command, true) == "refused", "a refusal stays");
    holds(place_.payouts().empty(), "nothing refused is paid");
  }

  /// The row that pays or voids it.
  OutboxCommand hold_and_begin(bool payout_refused) {
    const OutboxCommand hold = book(true, payout_refused);
    holds(place_.payouts().empty(), "nothing is paid before it is held");
    holds(record(hold, true) == "held", "a withdrawal is held");
    const std::vector<OutboxCommand> payouts = place_.payouts();
    holds(payouts.size() == 1 && payouts[0].reference == hold.reference &&
              payouts[0].kind == (payout_refused ? OutboxKind::void_hold : OutboxKind::pay),
          "what is held is paid, or void when its destination is refused");
    holds(place_.payouts().empty(), "and only once");
    holds(is_open(payouts[0]), "the row is open");
    return payouts[0];
  }

  void a_withdrawal_is_paid_once() {
    holds(record(hold_and_begin(false), true) == "paid", "a withdrawal that was paid");
    holds(record(hold_and_begin(true), true) == "void", "a withdrawal that is void");
    holds(place_.payouts().empty() && place_.open().empty(), "nothing more to do");
  }

  void a_withdrawal_ends_as_it_really_did() {
    OutboxCommand pay = hold_and_begin(false);
    pay.kind = OutboxKind::void_hold;  // as an operator has settled it
    holds(record(pay, true) == "void", "a withdrawal that somebody else made void");
    holds(place_.payouts().empty() && place_.open().empty(), "its row is closed all the same");
  }

  void an_empty_ledger_says_so() {
    const OutboxCommand command = book(false);
    const LookUpAnswer answer = place_.look_up({command});
    holds(answer.cursor == 0 && answer.found.size() == 1 &&
              answer.found[0].outbox_id == command.outbox_id &&
              answer.found[0].entry_sequence == 0,
          "an empty ledger has no entry and no cursor");
  }

  Place& place_;
  std::uint64_t key_ = 0;
};

}  // namespace saker::accounts
