#include "accounts/payments/outbox_keeper.hpp"

#include "common/plants.hpp"

namespace saker::accounts {

void OutboxKeeper::poll(TimeNs now_ns, bool may_pay) {
  now_ns_ = now_ns;
  if (!loaded_) return load();
  take_decisions();
  if (!unrecorded_.empty()) record();
  if (outbox_.wanted_cursor() != 0) look_up();
  if (winding_down_) return;
  if (may_pay && now_ns >= payout_ns_) pay_out();
  if (now_ns >= rescue_ns_) rescue();
}

void OutboxKeeper::take_decisions() {
  for (OutboxDecision& decision : outbox_.take_decisions()) {
    ++(decision.done ? counters_.done : counters_.refused);
    unrecorded_.push_back(std::move(decision));
  }
}

void OutboxKeeper::load() {
  if (loading_ || now_ns_ < load_ns_) return;
  loading_ = true;
  database_.open_commands(0, [this](std::optional<std::vector<OutboxCommand>> commands) {
    loading_ = false;
    load_ns_ = now_ns_ + timing_.again_ns;
    if (!commands) return;
    loaded_ = true;
    left_before_ = commands->size();
    payout_ns_ = now_ns_ + timing_.payout_every_ns;
    rescue_ns_ = now_ns_ + timing_.rescue_every_ns;
    for (const OutboxCommand& command : *commands) {
      add(command, !SAKER_PLANT(sent_as_new_after_restart));
    }
  });
}

void OutboxKeeper::add(const OutboxCommand& command) { add(command, false); }

void OutboxKeeper::add(const OutboxCommand& command, bool maybe_sent) {
  outbox_.add(command, maybe_sent);
  kick_();
}

void OutboxKeeper::record() {
  if (recording_ || now_ns_ < record_ns_) return;
  recording_ = true;
  const std::size_t count = unrecorded_.size();
  database_.record_decisions(
      unrecorded_, [this, count](std::optional<std::vector<Transfer>> transfers) {
        recording_ = false;
        if (!transfers) {  // perhaps it was recorded: recording it again changes nothing
          record_ns_ = now_ns_ + timing_.again_ns;
          return;
        }
        const auto end = unrecorded_.begin() + static_cast<std::ptrdiff_t>(count);
        for (auto at = unrecorded_.begin(); rescuing_ && at != end; ++at) {
          recorded_meanwhile_.insert(at->command.outbox_id);
        }
        unrecorded_.erase(unrecorded_.begin(), end);
        for (const Transfer& transfer : *transfers) decided_(transfer);
        if (!unrecorded_.empty()) record();
      });
}

void OutboxKeeper::look_up() {
  if (looking_up_) return;
  looking_up_ = true;
  database_.wait_for_cursor(outbox_.wanted_cursor(), [this](std::optional<Sequence> cursor) {
    if (cursor) return ask_ledger(*cursor);
    looking_up_ = false;  // the next turn waits again
  });
}

/// The cursor was past what each of them needs; the answer says whether it still is.
void OutboxKeeper::ask_ledger(Sequence cursor) {
  database_.look_up(outbox_.to_look_up(cursor), [this](std::optional<LookUpAnswer> answer) {
    looking_up_ = false;
    if (!answer) return;
    for (const LookUp& one : answer->found) {
      ++counters_.looked_up;
      outbox_.looked_up(one.outbox_id, one.entry_sequence, answer->cursor);
    }
    kick_();
  });
}

/// Rows whose booking was answered with "unknown" although it was committed. Treated as if they
/// had been sent: in doubt the ledger is asked.
void OutboxKeeper::rescue() {
  if (rescuing_) return;
  rescuing_ = true;
  recorded_meanwhile_.clear();
  database_.open_commands(
      timing_.rescue_age_ms, [this](std::optional<std::vector<OutboxCommand>> commands) {
        rescuing_ = false;
        rescue_ns_ = now_ns_ + timing_.rescue_every_ns;
        if (!commands) return;
        // What ended while the question was under way is not open any more.
        take_decisions();
        for (const OutboxDecision& decision : unrecorded_) {
          recorded_meanwhile_.insert(decision.command.outbox_id);
        }
        for (const OutboxCommand& command : *commands) {
          if (recorded_meanwhile_.count(command.outbox_id) == 0) add(command, true);
        }
      });
}

void OutboxKeeper::pay_out() {
  if (paying_) return;
  paying_ = true;
  database_.begin_payouts([this](std::optional<std::vector<OutboxCommand>> commands) {
    paying_ = false;
    payout_ns_ = now_ns_ + timing_.payout_every_ns;
    if (!commands) return;
    for (const OutboxCommand& command : *commands) add(command, false);
  });
}

}  // namespace saker::accounts
