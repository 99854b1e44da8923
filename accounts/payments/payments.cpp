#include "accounts/payments/payments.hpp"

#include "web/log.hpp"

namespace saker::accounts {
namespace {

constexpr std::uint64_t kRecordAgainNs = 200'000'000;
constexpr std::uint64_t kSweepNs = 50'000'000;

}  // namespace

Payments::Payments(web::Loop& loop, web::Metrics& metrics, const PaymentsConfig& config,
                   const EngineConfig& engine, Database& database)
    : loop_(loop),
      config_(config),
      database_(database),
      keeper_(*this, outbox_, {}, [this] { engine_.kick(); },
              [this](const Transfer& transfer) { transfer_is_decided(transfer); }),
      opener_(engine.opening),
      engine_(loop, engine, outbox_, opener_, metrics, [this] { on_progress(); }),
      cursor_(loop, database),
      sweep_(loop),
      retry_timer_(loop),
      account_retry_timer_(loop),
      drain_timer_(loop),
      booked_(metrics.counter("transfers_total", "Transfers booked")),
      decided_(metrics.counter("outbox_done_total", "Commands that the engine carried out")),
      refused_(metrics.counter("outbox_refused_total", "Commands that the engine refused")),
      looked_up_(metrics.counter("outbox_looked_up_total",
                                 "Uncertain commands that the ledger was asked about")),
      opened_(metrics.counter("accounts_opened_total", "Engine accounts opened")),
      open_commands_(metrics.gauge("outbox_open", "Commands without an outcome")),
      users_waiting_(metrics.gauge("users_waiting", "Users without an engine account")) {
  metrics.before_text([this] {
    open_commands_.set(static_cast<std::int64_t>(outbox_.size()));
    users_waiting_.set(static_cast<std::int64_t>(opener_.waiting()));
  });
}

void Payments::start() { load(); }

void Payments::load() {
  database_.run(
      Database::Mode::read, [](pqxx::work& tx) { return load_directory(tx); },
      [this](const DbResult<Directory>& result) {
        if (!result) {
          retry_timer_.after(kRecordAgainNs, [this] { load(); });
          return;
        }
        for (const OpenedAccount& open : result.value->open) accounts_[open.user_id] = open.account;
        opener_.set_last_known(result.value->last, result.value->scan_after);
        for (const std::uint64_t user : result.value->waiting) opener_.add(user);
        sweep_.every(kSweepNs, [this] {
          give_up_waiters();
          on_progress();
        });
        on_progress();
      });
}

/// The outbox is known, too.
void Payments::on_loaded() {
  if (keeper_.left_before() != 0) {
    web::log_info("finding out what became of transfers of before",
                  {{"commands", keeper_.left_before()}});
  }
  loaded_ = true;
  engine_.start();
}

void Payments::drain(std::uint64_t patience_ns, std::function<void()> done) {
  keeper_.wind_down();
  const TimeNs give_up_ns = loop_.now_ns() + patience_ns;
  drain_timer_.every(10'000'000, [this, give_up_ns, done = std::move(done)] {
    const bool quiet = keeper_.idle() && unrecorded_accounts_.empty();
    if (!quiet && loop_.now_ns() < give_up_ns) return;
    const auto told = done;  // cancelling destroys what runs here
    drain_timer_.cancel();
    told();
  });
}

std::string Payments::missing() const {
  if (!loaded_) return "the database has not been read yet";
  if (opener_.foreign()) return opener_.problem();
  if (!engine_.logged_on()) return "no session with the engine yet";
  if (!engine_.checked()) return "the engine's directory has not been read yet";
  if (engine_.catalogue().empty()) return "the markets are not known yet";
  return {};
}

const Catalogue& Payments::catalogue() const {
  if (engine_.catalogue().empty() || opener_.foreign()) {
    throw web::unavailable("the venue cannot be reached at the moment; try again shortly");
  }
  return engine_.catalogue();
}

void Payments::find_account(std::uint64_t user_id, std::int64_t patience_ms,
                            std::function<void(std::uint32_t account)> done) {
  const auto known = accounts_.find(user_id);
  if (known != accounts_.end()) return done(known->second);
  const TimeNs give_up_ns = loop_.now_ns() + static_cast<std::uint64_t>(patience_ms) * 1'000'000;
  account_waiters_.emplace(user_id, AccountWaiter{give_up_ns, std::move(done)});
  database_.run(
      Database::Mode::write,
      [user_id, now = now_ms()](pqxx::work& tx) { return want_account(tx, user_id, now); },
      [this, user_id](const DbResult<std::uint32_t>& account) {
        if (!account) return;  // those who wait are told when their patience is over
        if (*account.value != 0) return account_is_open(user_id, *account.value);
        if (accounts_.count(user_id) > 0) return account_is_open(user_id, accounts_[user_id]);
        opener_.add(user_id);
        engine_.kick();
      });
}

void Payments::account_is_open(std::uint64_t user_id, std::uint32_t account) {
  accounts_[user_id] = account;
  std::vector<AccountWaiter> waiters;
  const auto [first, last] = account_waiters_.equal_range(user_id);
  for (auto at = first; at != last; ++at) waiters.push_back(std::move(at->second));
  account_waiters_.erase(first, last);
  for (AccountWaiter& waiter : waiters) waiter.done(account);
}

void Payments::transfer(TransferRequest request, TransferDone done) {
  database_.run(
      Database::Mode::write,
      [request](pqxx::work& tx) { return book_transfer(tx, request); },
      [this, done = std::move(done)](DbResult<Booked> result) {
        if (!result) return done({std::nullopt, std::move(result.error)});
        const Transfer& transfer = result.value->transfer;
        if (result.value->command) {
          booked_.add();
          keeper_.add(*result.value->command);
        }
        if (transfer.status != "pending") return done({transfer, std::nullopt});
        const auto patience_ns = static_cast<std::uint64_t>(config_.outcome_wait_ms) * 1'000'000;
        transfer_waiters_.emplace(
            transfer.transfer_id,
            TransferWaiter{loop_.now_ns() + patience_ns, transfer, done});
      });
}

void Payments::on_progress() {
  keeper_.poll(loop_.now_ns(), engine_.checked());
  if (keeper_.loaded() && !loaded_) on_loaded();
  const OutboxKeeper::Counters& counters = keeper_.counters();
  decided_.add(counters.done - told_.done);
  refused_.add(counters.refused - told_.refused);
  looked_up_.add(counters.looked_up - told_.looked_up);
  told_ = counters;
  for (OpenedAccount& opened : opener_.take_opened()) {
    unrecorded_accounts_.push_back(opened);
  }
  if (!unrecorded_accounts_.empty()) record_accounts_opened();
  if (opener_.problem() != told_problem_) {
    told_problem_ = opener_.problem();
    if (!told_problem_.empty()) web::log_error(told_problem_);
  }
}

// ---- what the keeper asks of the database ----------------------------------------------------

void Payments::open_commands(std::int64_t age_ms, Done<std::vector<OutboxCommand>> done) {
  const std::int64_t before_ms = age_ms == 0 ? INT64_MAX : now_ms() - age_ms;
  database_.run(
      Database::Mode::read,
      [before_ms](pqxx::work& tx) { return accounts::open_commands(tx, before_ms); },
      [done = std::move(done)](DbResult<std::vector<OutboxCommand>> result) {
        done(std::move(result.value));
      });
}

void Payments::record_decisions(std::vector<OutboxDecision> decisions,
                                Done<std::vector<Transfer>> done) {
  database_.run(
      Database::Mode::write,
      [decisions = std::move(decisions), delay = config_.payout_delay_ms,
       now = now_ms()](pqxx::work& tx) {
        return accounts::record_decisions(tx, decisions, delay, now);
      },
      [done = std::move(done)](DbResult<std::vector<Transfer>> result) {
        done(std::move(result.value));
      });
}

void Payments::look_up(std::vector<OutboxCommand> commands, Done<LookUpAnswer> done) {
  database_.run(
      Database::Mode::read,
      [commands = std::move(commands)](pqxx::work& tx) { return accounts::look_up(tx, commands); },
      [done = std::move(done)](DbResult<LookUpAnswer> result) { done(std::move(result.value)); });
}

void Payments::begin_payouts(Done<std::vector<OutboxCommand>> done) {
  database_.run(
      Database::Mode::write,
      [prefix = config_.void_prefix, now = now_ms()](pqxx::work& tx) {
        return accounts::begin_payouts(tx, prefix, now);
      },
      [done = std::move(done)](DbResult<std::vector<OutboxCommand>> result) {
        done(std::move(result.value));
      });
}

void Payments::wait_for_cursor(Sequence sequence, Done<Sequence> done) {
  cursor_.wait(sequence, 1'000, [this, done = std::move(done)](bool reached) {
    done(reached ? std::make_optional(cursor_.cursor()) : std::nullopt);
  });
}

// ---- waiting requests --------------------------------------------------------------------------

void Payments::transfer_is_decided(const Transfer& transfer) {
  std::vector<TransferWaiter> waiters;
  const auto [first, last] = transfer_waiters_.equal_range(transfer.transfer_id);
  for (auto at = first; at != last; ++at) waiters.push_back(std::move(at->second));
  transfer_waiters_.erase(first, last);
  for (TransferWaiter& waiter : waiters) waiter.done({transfer, std::nullopt});
}

void Payments::record_accounts_opened() {
  if (recording_accounts_) return;
  recording_accounts_ = true;
  database_.run(
      Database::Mode::write,
      [opened = unrecorded_accounts_, now = now_ms()](pqxx::work& tx) {
        record_opened(tx, opened, now);
        return opened;
      },
      [this](const DbResult<std::vector<OpenedAccount>>& result) {
        recording_accounts_ = false;
        if (!result) {
          account_retry_timer_.after(kRecordAgainNs, [this] { record_accounts_opened(); });
          return;
        }
        const auto count = static_cast<std::ptrdiff_t>(result.value->size());
        unrecorded_accounts_.erase(unrecorded_accounts_.begin(),
                                   unrecorded_accounts_.begin() + count);
        for (const OpenedAccount& opened : *result.value) {
          opened_.add();
          account_is_open(opened.user_id, opened.account);
        }
        if (!unrecorded_accounts_.empty()) record_accounts_opened();
      });
}

void Payments::give_up_waiters() {
  const TimeNs now_ns = loop_.now_ns();
  std::vector<AccountWaiter> accounts;
  for (auto at = account_waiters_.begin(); at != account_waiters_.end();) {
    if (now_ns < at->second.give_up_ns) {
      ++at;
      continue;
    }
    accounts.push_back(std::move(at->second));
    at = account_waiters_.erase(at);
  }
  std::vector<TransferWaiter> transfers;
  for (auto at = transfer_waiters_.begin(); at != transfer_waiters_.end();) {
    if (now_ns < at->second.give_up_ns) {
      ++at;
      continue;
    }
    transfers.push_back(std::move(at->second));
    at = transfer_waiters_.erase(at);
  }
  for (AccountWaiter& waiter : accounts) waiter.done(0);
  for (TransferWaiter& waiter : transfers) waiter.done({waiter.transfer, std::nullopt});
}

}  // namespace saker::accounts
