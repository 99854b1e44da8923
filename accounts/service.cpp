#include "accounts/service.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

namespace saker::accounts {
namespace {

DatabaseConfig database_config(const web::ServiceContext& context, const std::string& role,
                               std::size_t workers, std::uint64_t patience_ns) {
  DatabaseConfig config;
  config.name = role;
  config.conninfo_path = context.secrets + "/database-saker_" + role + ".conninfo";
  config.workers = workers;
  config.patience_ns = patience_ns;
  return config;
}

/// One accounts service per data directory: two would both hand the outbox to the engine. One
/// that was just killed may need a moment to be gone.
void lock_data(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  for (int attempt = 0; fd >= 0 && attempt < 20; ++attempt) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return;  // held until the process ends
    ::usleep(100'000);
  }
  throw std::runtime_error("another saker-accounts uses this data directory (" + path +
                           " is locked)");
}

}  // namespace

AccountsService::AccountsService(web::ServiceContext& context)
    : secrets_(context.secrets),
      lock_path_(context.data + "/run/accounts.lock"),
      config_(read_accounts_config(context.config, context.data, context.port_base)),
      identity_database_(context.loop,
                         database_config(context, "identity", config_.identity_workers,
                                         config_.database_patience_ns),
                         context.metrics),
      payments_database_(context.loop,
                         database_config(context, "payments", config_.payments_workers,
                                         config_.database_patience_ns),
                         context.metrics),
      payments_(context.loop, context.metrics, config_.payments, config_.engine,
                payments_database_),
      identity_(context.loop, context.metrics, config_.identity, config_.mail, identity_database_,
                [this](std::uint64_t user_id, std::int64_t patience_ms,
                       std::function<void(std::uint32_t)> done) {
                  payments_.find_account(user_id, patience_ms, std::move(done));
                }),
      payments_api_(context.loop, payments_, payments_database_,
                    [this](const web::Request& request) { identity_.require_live(request); }),
      history_api_(payments_, payments_database_,
                   [this](const web::Request& request) { identity_.require_live(request); }) {
  context.server.add(identity_.routes());
  context.server.add(payments_api_.routes());
  context.server.add(history_api_.routes());
}

void AccountsService::start() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  ::mkdir(lock_path_.substr(0, lock_path_.rfind('/')).c_str(), 0755);
  lock_data(lock_path_);
  identity_database_.start();
  payments_database_.start();
  identity_.start(secrets_);
  payments_.start();
}

bool AccountsService::ready(std::string& why_not) {
  if (!identity_database_.reachable() || !payments_database_.reachable()) {
    why_not = "the database cannot be reached";
  } else if (!identity_.ready()) {
    why_not = "sessions that were ended have not been read yet";
  } else if (!was_ready_) {
    // The engine may be away later, which does not keep anybody from signing in.
    why_not = payments_.missing();
    was_ready_ = why_not.empty();
  } else {
    why_not.clear();
  }
  return why_not.empty();
}

void AccountsService::stop(std::function<void()> done) {
  payments_.drain(2'000'000'000, std::move(done));
}

}  // namespace saker::accounts
