// payments_contract_check CONNINFO: holds PostgreSQL to payments_contract.hpp, in a payments schema
// that must be empty. Exit status 0: it keeps it; 1: it does not, with a line that says why.
#include <cstdio>

#include "accounts/payments/payments_contract.hpp"
#include "accounts/payments/payments_store.hpp"

namespace saker::accounts {
namespace {

class Place {
 public:
  explicit Place(const char* conninfo) : connection_(conninfo) {
    transact([](pqxx::work& tx) {
      want_account(tx, kUser, kNowMs);
      record_opened(tx, {{kUser, 7, 10}}, kNowMs);
      return 0;
    });
  }

  Booking book(std::uint64_t key, bool withdrawal, bool payout_refused, Minor amount) {
    TransferRequest request;
    request.user_id = kUser;
    request.kind = withdrawal ? "withdrawal" : "deposit";
    request.asset.id = 1;
    request.asset.symbol = "EUR";
    request.asset.decimals = 2;
    request.amount = amount;
    request.destination = payout_refused ? "no-such-bank" : "bank";
    request.request_key = std::to_string(key);
    request.now_ms = kNowMs;
    const Booked booked =
        transact([&](pqxx::work& tx) { return book_transfer(tx, request); });
    return {booked.transfer.transfer_id, booked.command};
  }
  std::vector<Transfer> record(const std::vector<OutboxDecision>& decisions) {
    return transact(
        [&](pqxx::work& tx) { return record_decisions(tx, decisions, 0, kNowMs); });
  }
  std::vector<OutboxCommand> payouts() {
    return transact([](pqxx::work& tx) { return begin_payouts(tx, "no-such", kNowMs); });
  }
  std::vector<OutboxCommand> open() {
    return transact([](pqxx::work& tx) { return open_commands(tx, INT64_MAX); });
  }
  LookUpAnswer look_up(const std::vector<OutboxCommand>& commands) {
    return transact([&](pqxx::work& tx) { return accounts::look_up(tx, commands); });
  }

 private:
  static constexpr std::uint64_t kUser = 1;
  static constexpr std::int64_t kNowMs = 1'000'000;

  template <class Work>
  std::invoke_result_t<Work, pqxx::work&> transact(Work work) {
    pqxx::work tx(connection_);
    auto result = work(tx);
    tx.commit();
    return result;
  }

  pqxx::connection connection_;
};

}  // namespace
}  // namespace saker::accounts

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: payments_contract_check CONNINFO\n");
    return 2;
  }
  try {
    saker::accounts::Place place(argv[1]);
    saker::accounts::PaymentsContract(place).check();
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
  std::printf("the contract holds\n");
  return 0;
}
