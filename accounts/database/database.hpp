// PostgreSQL for a service on one loop: transactions run on a few worker threads, one connection
// each; results come back on the loop. Whatever happens to the database, every transaction is
// answered once, at the latest after its patience; lost connections are made again by themselves.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

#include "web/loop.hpp"
#include "web/metrics.hpp"
#include "web/response.hpp"

namespace saker::accounts {

struct DatabaseConfig {
  std::string name;           // "identity": for logs and metrics
  std::string conninfo_path;  // file with a libpq connection string, read at every connect
  std::size_t workers = 2;    // 1..16, threads and connections
  std::size_t max_waiting = 512;  // transactions waiting for a worker; over it: 503 at once
  std::uint64_t patience_ns = 5'000'000'000;  // of one transaction, waiting included
};

/// What became of a transaction.
template <class T>
struct DbResult {
  std::optional<T> value;              // committed
  std::optional<web::ApiError> error;  // else: what the caller of the service is told
  explicit operator bool() const { return value.has_value(); }
};

class Database {
 public:
  /// Of work that changes something, a lost commit is an unknown outcome (504); of a mere read it
  /// is a failure like others (503).
  enum class Mode : std::uint8_t { read, write };

  Database(web::Loop& loop, DatabaseConfig config, web::Metrics& metrics);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Starts the workers. Work given before waits.
  void start();

  /// Runs `work(pqxx::work&)` on a worker and commits; then `done(DbResult<T>)` on the loop. An
  /// ApiError that `work` throws rolls back and is the result's error. `work` runs again when the
  /// connection broke or the database gave up a conflict before the commit: it must change nothing
  /// but the database.
  template <class Work, class Done>
  void run(Mode mode, Work work, Done done) {
    using T = std::invoke_result_t<Work, pqxx::work&>;
    auto value = std::make_shared<std::optional<T>>();
    submit(
        mode, [work = std::move(work), value](pqxx::work& tx) mutable { value->emplace(work(tx)); },
        [done = std::move(done), value](std::optional<web::ApiError> error) mutable {
          DbResult<T> result;
          if (error) {
            result.error = std::move(error);
          } else {
            result.value = std::move(*value);
          }
          done(std::move(result));
        });
  }
  /// The same for handlers: what `work` makes, a web::Response, is the answer.
  template <class Work>
  void answer(Mode mode, web::Responder responder, Work work) {
    auto shared = std::make_shared<web::Responder>(std::move(responder));
    run(mode, std::move(work), [shared](DbResult<web::Response> result) {
      if (result) {
        shared->answer(std::move(*result.value));
      } else {
        shared->answer(*result.error);
      }
    });
  }

  /// False after a failure to reach the database, until it is reached again.
  bool reachable() const { return reachable_; }
  std::size_t waiting() const;

 private:
  struct Job {
    std::function<void(pqxx::work&)> work;
    std::function<void(std::optional<web::ApiError>)> done;
    Mode mode = Mode::read;
    TimeNs give_up_ns = 0;
    bool answered = false;  // the loop's
    bool started = false;   // under mutex_
  };
  using JobPtr = std::shared_ptr<Job>;

  void submit(Mode mode, std::function<void(pqxx::work&)> work,
              std::function<void(std::optional<web::ApiError>)> done);
  void work_on_jobs();
  void run_job(const JobPtr& job, std::unique_ptr<pqxx::connection>& connection);
  std::optional<web::ApiError> attempt(const JobPtr& job,
                                       std::unique_ptr<pqxx::connection>& connection,
                                       bool& again);
  void connect(std::unique_ptr<pqxx::connection>& connection);
  void post(const JobPtr& job, std::optional<web::ApiError> error);
  void finish(const JobPtr& job, std::optional<web::ApiError> error);
  void set_reachable(bool reachable, const std::string& why);
  void give_up_late_jobs();
  /// A question for nothing, so that reachable() is known without requests, too.
  void probe();

  web::Loop& loop_;
  DatabaseConfig config_;
  web::Counter& transactions_;
  web::Counter& failures_;
  web::Counter& reconnects_;
  web::Histogram& duration_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool reachable_ = false;
  bool probing_ = false;
  TimeNs probe_ns_ = 0;
  web::Timer sweep_;
  std::deque<JobPtr> unanswered_;  // the loop's, oldest first

  mutable std::mutex mutex_;
  std::condition_variable work_to_do_;
  std::deque<JobPtr> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

/// Text of a digest or other bytes as a parameter of type bytea.
template <class Bytes>
pqxx::binarystring as_bytea(const Bytes& bytes) {
  return pqxx::binarystring(bytes.data(), bytes.size());
}

}  // namespace saker::accounts
