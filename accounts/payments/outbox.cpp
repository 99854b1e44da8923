#include "accounts/payments/outbox.hpp"

#include <algorithm>

#include "common/plants.hpp"

namespace saker::accounts {
namespace {

constexpr std::uint64_t kSendAgainNs = 100'000'000;
constexpr std::uint64_t kSettleRetryNs = 1'000'000'000;

bool settles(OutboxKind kind) { return kind == OutboxKind::pay || kind == OutboxKind::void_hold; }

}  // namespace

const char* outbox_word(OutboxKind kind) {
  switch (kind) {
    case OutboxKind::deposit: return "deposit";
    case OutboxKind::hold: return "hold";
    case OutboxKind::pay: return "pay";
    case OutboxKind::void_hold: return "void";
  }
  return "?";
}

void Outbox::add(const OutboxCommand& command, bool maybe_sent) {
  const auto [at, is_new] = entries_.try_emplace(command.outbox_id);
  if (!is_new) return;
  Entry& entry = at->second;
  entry.command = command;
  entry.maybe_sent = maybe_sent;
  if (maybe_sent && command.kind == OutboxKind::deposit) {
    // What an earlier life sent was applied before this life's logon; without one it may still be
    // on its way.
    entry.state = State::uncertain;
    entry.need_cursor = logon_sequence_ == 0 ? 0 : std::max(logon_sequence_, seen_sequence_);
    if (SAKER_PLANT(asked_before_logon)) entry.need_cursor = 1;
  }
}

bool Outbox::wants_logon(TimeNs now_ns) const {
  return std::any_of(entries_.begin(), entries_.end(), [now_ns](const auto& pair) {
    const Entry& entry = pair.second;
    return entry.state == State::uncertain && entry.need_cursor == 0 &&
           now_ns >= entry.not_before_ns;
  });
}

void Outbox::on_logged_on(Sequence engine_sequence) {
  logon_sequence_ = std::max(logon_sequence_, engine_sequence);
  for (auto& [id, entry] : entries_) {
    if (entry.state == State::uncertain && entry.need_cursor == 0) {
      entry.need_cursor = logon_sequence_;
    }
  }
}

TimeNs Outbox::next_send_ns() const {
  TimeNs next = UINT64_MAX;
  for (const auto& [id, entry] : entries_) {
    const bool waits = entry.state == State::uncertain && entry.need_cursor == 0;
    if (entry.state == State::ready || waits) next = std::min(next, entry.not_before_ns);
  }
  return next;
}

void Outbox::on_outcome(const client::Outcome& outcome, TimeNs now_ns) {
  seen_sequence_ = std::max(seen_sequence_, outcome.engine_sequence);
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const auto& pair) {
    return pair.second.state == State::in_flight &&
           pair.second.client_sequence == outcome.client_sequence;
  });
  if (at == entries_.end()) return;
  Entry& entry = at->second;
  switch (outcome.result) {
    case client::Result::kAccepted:
      return decide(entry, true, proto::Reason::NONE, outcome.engine_sequence);
    case client::Result::kRejected:
      return on_rejected(entry, outcome, now_ns);
    case client::Result::kNeverApplied:
      return send_again(entry, now_ns);
    case client::Result::kNotSequenced:
      if (SAKER_PLANT(held_before_decided) && entry.command.kind == OutboxKind::hold) {
        return decide(entry, true, proto::Reason::NONE, outcome.engine_sequence);
      }
      return find_out(entry,
                      now_ns + std::max(kSendAgainNs,
                                        std::uint64_t{outcome.retry_after_us} * 1'000));
    case client::Result::kUnresolved:
      return find_out(entry, now_ns);
  }
}

void Outbox::find_out(Entry& entry, TimeNs not_before_ns) {
  entry.maybe_sent = true;
  send_again(entry, not_before_ns);
  // It may have been applied a moment ago, or be so yet: not before the next logon.
  if (entry.command.kind != OutboxKind::deposit) return;
  entry.state = State::uncertain;
  entry.need_cursor = 0;
}

void Outbox::on_rejected(Entry& entry, const client::Outcome& outcome, TimeNs now_ns) {
  using proto::Reason;
  const OutboxKind kind = entry.command.kind;
  if (outcome.reason == Reason::PERMISSION_NOT_LOGGED_ON) {
    return send_again(entry, now_ns + kSendAgainNs);
  }
  if (kind == OutboxKind::hold && entry.maybe_sent && !SAKER_PLANT(reference_in_use_refused) &&
      outcome.reason == Reason::ADMIN_REFERENCE_IN_USE) {
    return decide(entry, true, Reason::NONE, outcome.engine_sequence);
  }
  if (settles(kind)) {
    // Settled already: by an earlier life, or by an operator. The ledger knows which way.
    if (outcome.reason == Reason::UNKNOWN_WITHDRAWAL) {
      entry.state = State::uncertain;
      entry.need_cursor = outcome.engine_sequence;
      return;
    }
    // Money must not stay held because of a right that was missing for a while.
    return send_again(entry, now_ns + kSettleRetryNs);
  }
  decide(entry, false, outcome.reason, outcome.engine_sequence);
}

void Outbox::send_again(Entry& entry, TimeNs not_before_ns) {
  entry.state = State::ready;
  entry.not_before_ns = not_before_ns;
}

void Outbox::decide(Entry& entry, bool done, proto::Reason reason, Sequence sequence) {
  decisions_.push_back({entry.command, done, reason, sequence});
  entries_.erase(entry.command.outbox_id);
}

Sequence Outbox::wanted_cursor() const {
  Sequence wanted = 0;
  for (const auto& [id, entry] : entries_) {
    if (entry.state != State::uncertain || entry.need_cursor == 0) continue;
    wanted = wanted == 0 ? entry.need_cursor : std::min(wanted, entry.need_cursor);
  }
  return wanted;
}

std::vector<OutboxCommand> Outbox::to_look_up(Sequence cursor) const {
  std::vector<OutboxCommand> commands;
  for (const auto& [id, entry] : entries_) {
    if (entry.state == State::uncertain && entry.need_cursor != 0 && entry.need_cursor <= cursor) {
      commands.push_back(entry.command);
    }
  }
  return commands;
}

void Outbox::looked_up(std::uint64_t outbox_id, Sequence entry_sequence, Sequence cursor) {
  const auto at = entries_.find(outbox_id);
  if (at == entries_.end() || at->second.state != State::uncertain) return;
  Entry& entry = at->second;
  if (entry.need_cursor == 0) return;
  if (cursor < entry.need_cursor) return;
  if (settles(entry.command.kind)) {
    entry.command.kind = entry_sequence != 0 ? OutboxKind::pay : OutboxKind::void_hold;
    return decide(entry, true, proto::Reason::NONE, entry_sequence);
  }
  if (entry_sequence != 0) return decide(entry, true, proto::Reason::NONE, entry_sequence);
  entry.maybe_sent = false;
  send_again(entry, 0);
}

std::vector<OutboxDecision> Outbox::take_decisions() {
  std::vector<OutboxDecision> decisions;
  decisions.swap(decisions_);
  return decisions;
}

}  // namespace saker::accounts
