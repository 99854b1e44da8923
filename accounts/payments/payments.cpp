#include "accounts/payments/payments.hpp"

#include "web/log.hpp"

namespace saker::accounts {
namespace {

constexpr std::uint64_t kRecordAgainNs = 200'000'000;
constexpr std::uint64_t kPayoutEveryNs = 500'000'000;
constexpr std::uint64_t kRescueEveryNs = 5'000'000'000;
/// Longer than a booking may take, so that only rows are rescued that nobody else will bring.
constexpr std::int64_t kRescueAgeMs = 15'000;

}  // namespace

Payments::Payments(web::Loop& loop, web::Metrics& metrics, const PaymentsConfig& config,
                   const EngineConfig& engine, Database& database)
    : loop_(loop),
      config_(config),
      database_(database),
      opener_(engine.opening),
      engine_(loop, engine, outbox_, opener_, metrics, [this] { on_progress(); }),
      cursor_(loop, database),
      payout_timer_(loop),
      rescue_timer_(loop),
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
  struct Loaded {
    Directory directory;
    std::vector<OutboxCommand> commands;
  };
  database_.run(
      Database::Mode::read,
      [](pqxx::work& tx) { return Loaded{load_directory(tx), open_commands(tx, INT64_MAX)}; },
      [this](const DbResult<Loaded>& result) {
        if (!result) {
          retry_timer_.after(kRecordAgainNs, [this] { load(); });
          return;
        }
        const Directory& directory = result.value->directory;
        for (const OpenedAccount& open : directory.open) accounts_[open.user_id] = open.account;
        opener_.set_last_known(directory.last, directory.scan_after);
        for (const std::uint64_t user : directory.waiting) opener_.add(user);
        for (const OutboxCommand& command : result.value->commands) outbox_.add(command, true);
        if (!result.value->commands.empty()) {
          web::log_info("finding out what became of transfers of before",
                        {{"commands", result.value->commands.size()}});
        }
        loaded_ = true;
        engine_.start();
        payout_timer_.every(kPayoutEveryNs, [this] { pay_out(); });
        rescue_timer_.every(kRescueEveryNs, [this] { rescue_open_commands(); });
        sweep_.every(50'000'000, [this] { give_up_waiters(); });
      });
}

void Payments::drain(std::uint64_t patience_ns, std::function<void()> done) {
  payout_timer_.cancel();
  rescue_timer_.cancel();
  const TimeNs give_up_ns = loop_.now_ns() + patience_ns;
  drain_timer_.every(10'000'000, [this, give_up_ns, done = std::move(done)] {
    const bool quiet = outbox_.size() == 0 && unrecorded_.empty() && unrecorded_accounts_.empty();
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
          add_command(*result.value->command, false);
        }
        if (transfer.status != "pending") return done({transfer, std::nullopt});
        const auto patience_ns = static_cast<std::uint64_t>(config_.outcome_wait_ms) * 1'000'000;
        transfer_waiters_.emplace(
            transfer.transfer_id,
            TransferWaiter{loop_.now_ns() + patience_ns, transfer, done});
      });
}

void Payments::add_command(const OutboxCommand& command, bool maybe_sent) {
  outbox_.add(command, maybe_sent);
  engine_.kick();
}

void Payments::on_progress() {
  for (OutboxDecision& decision : outbox_.take_decisions()) {
    (decision.done ? decided_ : refused_).add();
    unrecorded_.push_back(std::move(decision));
  }
  if (!unrecorded_.empty()) record_decisions_made();
  for (OpenedAccount& opened : opener_.take_opened()) {
    unrecorded_accounts_.push_back(opened);
  }
  if (!unrecorded_accounts_.empty()) record_accounts_opened();
  if (outbox_.wanted_cursor() != 0) look_up_uncertain();
  if (opener_.problem() != told_problem_) {
    told_problem_ = opener_.problem();
    if (!told_problem_.empty()) web::log_error(told_problem_);
  }
}

void Payments::record_decisions_made() {
  if (recording_) return;
  recording_ = true;
  const std::size_t count = unrecorded_.size();
  database_.run(
      Database::Mode::write,
      [decisions = unrecorded_, delay = config_.payout_delay_ms, now = now_ms()](pqxx::work& tx) {
        return record_decisions(tx, decisions, delay, now);
      },
      [this, count](const DbResult<std::vector<Transfer>>& transfers) {
        recording_ = false;
        if (!transfers) {  // perhaps it was recorded: recording it again changes nothing
          retry_timer_.after(kRecordAgainNs, [this] { record_decisions_made(); });
          return;
        }
        const auto end = unrecorded_.begin() + static_cast<std::ptrdiff_t>(count);
        for (auto at = unrecorded_.begin(); rescuing_ && at != end; ++at) {
          recorded_meanwhile_.insert(at->command.outbox_id);
        }
        unrecorded_.erase(unrecorded_.begin(), end);
        for (const Transfer& transfer : *transfers.value) transfer_is_decided(transfer);
        if (!unrecorded_.empty()) record_decisions_made();
      });
}

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

void Payments::look_up_uncertain() {
  if (looking_up_) return;
  looking_up_ = true;
  cursor_.wait(outbox_.wanted_cursor(), 1'000, [this](bool reached) {
    if (reached) return ask_ledger();
    looking_up_ = false;  // the next turn waits again
  });
}

void Payments::ask_ledger() {
  // The cursor is past what each of them needs, so what is not in the ledger never happened.
  const std::vector<OutboxCommand> commands = outbox_.to_look_up(cursor_.cursor());
  database_.run(
      Database::Mode::read, [commands](pqxx::work& tx) { return look_up(tx, commands); },
      [this](const DbResult<std::vector<LookUp>>& answers) {
        looking_up_ = false;
        if (!answers) return;
        for (const LookUp& answer : *answers.value) {
          looked_up_.add();
          outbox_.looked_up(answer.outbox_id, answer.entry_sequence);
        }
        engine_.kick();
      });
}

void Payments::rescue_open_commands() {
  // Rows whose booking was answered with "unknown" although it was committed. Treated as if they
  // had been sent: in doubt the ledger is asked.
  if (rescuing_) return;
  rescuing_ = true;
  recorded_meanwhile_.clear();
  database_.run(
      Database::Mode::read,
      [before = now_ms() - kRescueAgeMs](pqxx::work& tx) { return open_commands(tx, before); },
      [this](const DbResult<std::vector<OutboxCommand>>& commands) {
        rescuing_ = false;
        if (!commands) return;
        // What ended while the question was under way is not open any more.
        for (const OutboxDecision& decision : unrecorded_) {
          recorded_meanwhile_.insert(decision.command.outbox_id);
        }
        for (const OutboxCommand& command : *commands.value) {
          if (recorded_meanwhile_.count(command.outbox_id) == 0) add_command(command, true);
        }
      });
}

void Payments::pay_out() {
  if (paying_ || !engine_.checked()) return;
  paying_ = true;
  database_.run(
      Database::Mode::write,
      [prefix = config_.void_prefix, now = now_ms()](pqxx::work& tx) {
        return begin_payouts(tx, prefix, now);
      },
      [this](const DbResult<std::vector<OutboxCommand>>& commands) {
        paying_ = false;
        if (!commands) return;
        for (const OutboxCommand& command : *commands.value) add_command(command, false);
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
