#include "accounts/database/database.hpp"

#include <fstream>
#include <sstream>

#include "common/clock.hpp"
#include "web/log.hpp"

namespace saker::accounts {
namespace {

constexpr int kAttempts = 3;
constexpr std::uint64_t kProbeEveryNs = 2'000'000'000;

/// Of every connection, in the connection string so that they hold after a reconnect: nothing may
/// hang or hold locks for long. The last of several values of one keyword counts.
constexpr const char* kConnectionSettings =
    " connect_timeout=2 client_encoding=UTF8 options='-c statement_timeout=4s -c lock_timeout=3s"
    " -c idle_in_transaction_session_timeout=10s'";

web::ApiError database_unavailable() {
  return web::unavailable("the database cannot be reached at the moment; try again shortly");
}

/// What the caller is told when an answer is overdue or a commit's fate is not known.
web::ApiError fate_of(Database::Mode mode) {
  if (mode == Database::Mode::read) return database_unavailable();
  return web::outcome_unknown("the database did not confirm in time; look before trying again");
}

}  // namespace

Database::Database(web::Loop& loop, DatabaseConfig config, web::Metrics& metrics)
    : loop_(loop),
      config_(std::move(config)),
      transactions_(metrics.counter("database_transactions_total", "Transactions committed",
                                    {{"database", config_.name}})),
      failures_(metrics.counter("database_failures_total", "Transactions that failed",
                                {{"database", config_.name}})),
      reconnects_(metrics.counter("database_connects_total", "Connections made",
                                  {{"database", config_.name}})),
      duration_(metrics.histogram("database_transaction_seconds",
                                  "Time of a transaction on its worker",
                                  {{"database", config_.name}})),
      sweep_(loop) {}

Database::~Database() {
  *alive_ = false;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_to_do_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Database::start() {
  for (std::size_t i = 0; i < config_.workers; ++i) {
    workers_.emplace_back([this] { work_on_jobs(); });
  }
  sweep_.every(100'000'000, [this] { give_up_late_jobs(); });
}

std::size_t Database::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void Database::submit(Mode mode, std::function<void(pqxx::work&)> work,
                      std::function<void(std::optional<web::ApiError>)> done) {
  auto job = std::make_shared<Job>();
  job->work = std::move(work);
  job->done = std::move(done);
  job->mode = mode;
  job->give_up_ns = loop_.now_ns() + config_.patience_ns;
  unanswered_.push_back(job);
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() < config_.max_waiting) {
      jobs_.push_back(job);
      work_to_do_.notify_one();
      return;
    }
  }
  post(job, web::unavailable("too many requests are waiting for the database; try again shortly"));
}

void Database::work_on_jobs() {
  std::unique_ptr<pqxx::connection> connection;
  for (;;) {
    JobPtr job;
    {
      std::unique_lock lock(mutex_);
      work_to_do_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;  // stopping, and what was given is done
      job = jobs_.front();
      jobs_.pop_front();
      job->started = true;
    }
    run_job(job, connection);
  }
}

void Database::run_job(const JobPtr& job, std::unique_ptr<pqxx::connection>& connection) {
  if (loop_.now_ns() >= job->give_up_ns) return post(job, database_unavailable());
  const TimeNs began_ns = MonotonicClock().now_ns();
  std::optional<web::ApiError> error;
  for (int i = 0; i < kAttempts; ++i) {
    bool again = false;
    error = attempt(job, connection, again);
    if (!again) break;
  }
  duration_.record_ns(MonotonicClock().now_ns() - began_ns);
  (error && error->status >= 500 ? failures_ : transactions_).add();
  post(job, std::move(error));
}

std::optional<web::ApiError> Database::attempt(const JobPtr& job,
                                               std::unique_ptr<pqxx::connection>& connection,
                                               bool& again) {
  bool committing = false;
  const bool fresh = connection == nullptr;
  try {
    if (fresh) connect(connection);
    pqxx::work tx(*connection);
    job->work(tx);
    committing = true;
    tx.commit();
    return std::nullopt;
  } catch (const web::ApiError& error) {
    return error;
  } catch (const pqxx::broken_connection& error) {
    connection.reset();
    if (committing) return fate_of(job->mode);
    // A connection of before a restart of the database breaks at its first use: once more, anew.
    again = !fresh;
    loop_.post([this, alive = alive_, fresh, why = std::string(error.what())] {
      if (*alive && fresh) set_reachable(false, why);
    });
    return database_unavailable();
  } catch (const pqxx::in_doubt_error&) {
    connection.reset();
    return fate_of(job->mode);
  } catch (const pqxx::transaction_rollback&) {
    again = true;
    return web::unavailable("too much is changing at one time; try again");
  } catch (const pqxx::sql_error& error) {
    const std::string state = error.sqlstate();
    // Told to stop, shutting down, starting up, out of connections or of time.
    if (state.starts_with("57") || state.starts_with("53") || state == "55P03" ||
        state.starts_with("08")) {
      connection.reset();
      return database_unavailable();
    }
    web::log_error("a statement failed", {{"database", config_.name}, {"error", error.what()}});
    return web::ApiError(500, "INTERNAL", "the request could not be carried out");
  } catch (const std::exception& error) {
    connection.reset();
    web::log_error("a transaction failed", {{"database", config_.name}, {"error", error.what()}});
    return web::ApiError(500, "INTERNAL", "the request could not be carried out");
  }
}

void Database::connect(std::unique_ptr<pqxx::connection>& connection) {
  std::ifstream file(config_.conninfo_path);
  std::stringstream text;
  if (file) text << file.rdbuf();
  if (!file || text.str().empty()) {
    throw pqxx::broken_connection(config_.conninfo_path + " cannot be read");
  }
  connection = std::make_unique<pqxx::connection>(text.str() + kConnectionSettings);
  reconnects_.add();
  loop_.post([this, alive = alive_] {
    if (*alive) set_reachable(true, {});
  });
}

void Database::set_reachable(bool reachable, const std::string& why) {
  if (reachable == reachable_) return;
  reachable_ = reachable;
  if (reachable) {
    web::log_info("database reached", {{"database", config_.name}});
  } else {
    web::log_warning("database lost", {{"database", config_.name}, {"error", why}});
  }
}

void Database::post(const JobPtr& job, std::optional<web::ApiError> error) {
  loop_.post([this, alive = alive_, job, error = std::move(error)]() mutable {
    if (*alive) finish(job, std::move(error));
  });
}

void Database::finish(const JobPtr& job, std::optional<web::ApiError> error) {
  if (job->answered) return;
  job->answered = true;
  const auto done = std::move(job->done);
  done(std::move(error));
}

void Database::probe() {
  if (probing_) return;
  probing_ = true;
  run(
      Mode::read, [](pqxx::work& tx) { return tx.exec("SELECT 1").size(); },
      [this](const DbResult<std::size_t>&) { probing_ = false; });
}

void Database::give_up_late_jobs() {
  const TimeNs now_ns = loop_.now_ns();
  if (!reachable_ || now_ns >= probe_ns_) {
    probe_ns_ = now_ns + kProbeEveryNs;
    probe();
  }
  while (!unanswered_.empty()) {
    const JobPtr job = unanswered_.front();
    if (!job->answered && now_ns < job->give_up_ns) return;
    unanswered_.pop_front();
    if (job->answered) continue;
    bool started = false;
    {
      const std::lock_guard lock(mutex_);
      started = job->started;
    }
    finish(job, started ? fate_of(job->mode) : database_unavailable());
  }
}

}  // namespace saker::accounts
