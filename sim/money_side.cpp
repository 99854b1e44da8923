#include "sim/money_side.hpp"

#include <algorithm>

#include "sim/venue.hpp"

namespace saker::sim {

namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

}  // namespace

MoneySide::MoneySide(const Place& place, Rng rng)
    : place_(place), rng_(rng), server_(place.clock, place.coverage, rng_.fork(1)),
      audit_(place.judge, server_.ledger(), place.verdict),
      payments_audit_(place.judge, tables_, place.verdict, place.coverage) {
  place_.judge.on_command([this](const core::Command& command, const core::Output& out) {
    audit_.on_command(command, out);
  });
  server_.on_ledger([this] { audit_.on_ledger(); });
  most_wishes_ = 1 + rng_.below(6);
  settlement_config_.most_rows = 1 + rng_.below(rng_.chance(500'000) ? 20 : 400);
  if (!rng_.chance(800'000)) return;
  DatabaseFaults faults;
  faults.lost_ppm = static_cast<std::uint32_t>(rng_.below(10'000));
  faults.killed_ppm = static_cast<std::uint32_t>(rng_.below(10'000));
  faults.commit_lost_ppm = static_cast<std::uint32_t>(rng_.below(200'000));
  faults.commit_killed_ppm = static_cast<std::uint32_t>(rng_.below(40'000));
  faults.commit_crash_ppm = static_cast<std::uint32_t>(rng_.below(20'000));
  server_.set_faults(faults);
  payments_faults_.failed_ppm = static_cast<std::uint32_t>(rng_.below(60'000));
  payments_faults_.unknown_ppm = static_cast<std::uint32_t>(rng_.below(100'000));
  payments_faults_.crash_ppm = static_cast<std::uint32_t>(rng_.below(200'000));
}

void MoneySide::poll() {
  server_.poll();
  if (rng_.chance(600'000) && !place_.memory) return poll_accounts();
  if (settlement_ != nullptr) return poll_settlement();
  if (place_.clock.now() < settlement_back_ns_) return;
  settlement_ = std::make_unique<SettlementBox>(place_.disk, server_, place_.clock,
                                                settlement_config_);
}

void MoneySide::poll_settlement() {
  try {
    settlement_->poll();
  } catch (const ProcessKilled&) {
    kill_settlement("killed in a statement");
  } catch (const events::Refused& refusal) {
    place_.verdict.fail("settlement_refused", "%s", refusal.what());
  }
}

void MoneySide::kill_settlement(const char* how) {
  if (settlement_ == nullptr) return;
  place_.note(std::string("settlement ends: ") + how + ", at " +
              std::to_string(settlement_->status().cursor.sequence));
  place_.coverage.add(Count::settlement_killed);
  settlement_.reset();
  settlement_back_ns_ = place_.clock.now() + rng_.below(20 * kMillisecond);
}

// ---- accounts ------------------------------------------------------------------------------

void MoneySide::start_accounts() {
  client::SessionConfig config;
  config.session = kFundsSession;
  config.secret = secret_of(kFundsSession);
  config.engine = place_.engine;
  config.follower = place_.follower;
  config.nonce_seed = rng_.next();
  config.heartbeat_ms = 100;
  config.refused_retry_ns = 50 * kMillisecond;
  config.datagram_lifetime_ns = 100 * kMillisecond;
  payments_ = std::make_unique<SimPayments>(server_, tables_, place_.clock, place_.coverage,
                                            rng_.fork(2), payments_faults_);
  accounts_ = std::make_unique<AccountsBox>(
      *payments_, place_.transport, config, place_.clock,
      [this](const accounts::Transfer& transfer) { payments_audit_.on_told(transfer); });
}

void MoneySide::poll_accounts() {
  if (accounts_ == nullptr) {
    if (place_.clock.now() >= accounts_back_ns_) start_accounts();
    return;
  }
  if (!settling_ && wishes_.size() < most_wishes_ && rng_.chance(30'000)) ask();
  ask_again();
  const std::uint64_t looked_up = accounts_->looked_up();
  accounts_->poll();
  place_.coverage.add(Count::ledger_asked, accounts_->looked_up() - looked_up);
}

/// Somebody pays in or out.
void MoneySide::ask() {
  TransferRow request;
  request.request_key = ++last_key_;
  request.withdrawal = rng_.chance(500'000);
  request.payout_refused = rng_.chance(300'000);
  request.account = static_cast<std::uint32_t>(2 + rng_.below(kAccounts - 1));
  request.asset = static_cast<std::uint32_t>(1 + rng_.below(kAssets));
  request.amount = rng_.between(1, 20'000);
  if (rng_.chance(50'000)) request.amount = Minor{1} << 40;  // more than anybody has
  wishes_[last_key_] = {request, 0};
}

void MoneySide::ask_again() {
  const TimeNs now_ns = place_.clock.now();
  for (auto& [key, wish] : wishes_) {
    if (now_ns < wish.again_ns) continue;
    if (wish.again_ns != 0) place_.coverage.add(Count::transfer_asked_again);
    wish.again_ns = now_ns + 5 * kMillisecond + rng_.below(20 * kMillisecond);
    accounts_->transfer(wish.request, [this, key = key](std::optional<TransferRow> booked) {
      if (booked) wishes_.erase(key);
    });
  }
}

void MoneySide::kill_accounts(const char* how) {
  if (accounts_ == nullptr) return;
  place_.note(std::string("accounts ends: ") + how + ", with " +
              std::to_string(accounts_->open()) + " open");
  place_.coverage.add(accounts_->open() != 0 ? Count::accounts_killed_with_open
                                             : Count::accounts_killed);
  payments_->abandon();
  accounts_.reset();
  payments_.reset();
  place_.transport.reset();
  accounts_back_ns_ = place_.clock.now() + rng_.below(20 * kMillisecond);
}

// ---- what breaks ---------------------------------------------------------------------------

void MoneySide::break_something() {
  const std::uint64_t what = rng_.below(100);
  if (what < 30) return kill_settlement("killed");
  if (what < 75) return kill_accounts("killed");
  place_.note("the database server crashes");
  server_.crash(rng_.below(30 * kMillisecond));
}

void MoneySide::power_cut() {
  kill_settlement("power cut");
  kill_accounts("power cut");
  server_.crash(rng_.below(30 * kMillisecond));
}

void MoneySide::settle() {
  settling_ = true;
  server_.set_faults({});
  payments_faults_ = {};
  kill_accounts("its database comes back for good");
}

bool MoneySide::quiet(std::string& why) const {
  if (!audit_.complete()) {
    why = "the ledger is at " + std::to_string(server_.ledger().cursor.sequence) +
          ", settlement " +
          (settlement_ == nullptr ? std::string("is down") : settlement_->status().problem);
    return false;
  }
  if (place_.memory) return true;
  const bool held = std::any_of(tables_.transfers.begin(), tables_.transfers.end(), [](auto& pair) {
    return pair.second.status == TransferStatus::held;
  });
  const bool open = std::any_of(tables_.outbox.begin(), tables_.outbox.end(),
                                [](auto& pair) { return pair.second.open; });
  if (accounts_ != nullptr && accounts_->idle() && wishes_.empty() && !held && !open) return true;
  why = std::to_string(wishes_.size()) + " wishes unanswered, " +
        (accounts_ == nullptr ? "accounts is down"
                              : std::to_string(accounts_->open()) + " rows open in accounts") +
        (held ? ", something is held" : "") + (open ? ", a row is open in the table" : "");
  return false;
}

void MoneySide::check_end() {
  audit_.full_check();
  audit_.compare_with_engine();
  payments_audit_.check_end();
}

}  // namespace saker::sim
