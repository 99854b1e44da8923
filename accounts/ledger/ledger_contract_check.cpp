// ledger_contract_check CONNINFO ADMIN_CONNINFO: holds PostgreSQL to ledger_contract.hpp, in a
// ledger that must be empty. Exit status 0: it keeps it; 1: it does not, with a line that says why.
#include <unistd.h>

#include <cstdio>

#include "accounts/ledger/ledger_contract.hpp"
#include "accounts/ledger/ledger_store.hpp"

namespace saker::accounts {
namespace {

struct Place {
  using Database = events::Database;
  /// No writer is at work when the contract asks for a connection, but the server may not have seen
  /// yet that one has closed its own, and keeps its lock until then.
  std::unique_ptr<Database> connect() {
    constexpr const char* kHeld = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    while (admin.run(kHeld).bits(0, 0) != 0) ::usleep(1'000);
    return std::make_unique<Database>(conninfo, "contract");
  }
  /// The server ends it; its backend is gone when this returns.
  void cut(Database& database) {
    const std::string pid(database.run("SELECT pg_backend_pid()").text(0, 0));
    admin.run("SELECT pg_terminate_backend($1::int, 10000)", {pid});
  }
  std::uint64_t entries() { return admin.run("SELECT count(*) FROM ledger.entries").bits(0, 0); }

  std::string conninfo;
  Database admin;
};

}  // namespace
}  // namespace saker::accounts

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: ledger_contract_check CONNINFO ADMIN_CONNINFO\n");
    return 2;
  }
  try {
    saker::accounts::Place place{argv[1], {argv[2], "contract-admin"}};
    saker::accounts::LedgerContract(place).check();
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
  std::printf("the contract holds\n");
  return 0;
}
