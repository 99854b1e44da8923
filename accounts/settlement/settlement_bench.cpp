// How many trades a second settlement brings into the ledger, beside a plain COPY of the very same
// rows into the same tables with nothing read, checked or kept. Interleaved, medians.
//
// Needs a private cluster (deploy/database/cluster.sh DATA start) whose ledger it may empty.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "accounts/ledger/ledger_store.hpp"
#include "common/clock.hpp"
#include "common/command_line.hpp"

namespace saker::accounts {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string data;
  std::uint32_t trades = 200'000;
  std::uint32_t rounds = 3;
  std::uint32_t accounts = 1'000;
  bool customers = false;
};

/// Trades between random accounts, one a command, as the follower would write them.
class JournalMaker {
 public:
  JournalMaker(const Options& options, const std::string& directory)
      : options_(options), balances_(options.accounts + 2) {
    storage_.open_directory(directory, journal::PosixStorage::Access::read_write);
    storage_.create(follower::event_file_name(1), file_);
    put(bytes_of(follower::make_event_file_header(1, 7, 0, 0, 0)));
  }
  ~JournalMaker() { storage_.close(file_); }

  void make() {
    for (std::uint32_t account = 2; account < balances_.size(); ++account) {
      for (const std::uint32_t asset : {1u, 2u}) deposit(account, asset);
    }
    for (std::uint32_t i = 0; i < options_.trades; ++i) trade();
    flush();
  }

 private:
  void deposit(std::uint32_t account, std::uint32_t asset) {
    out_.clear();
    leg(core::LegReason::kDeposit, account, asset, Minor{1} << 50, sequence_);
    leg(core::LegReason::kDeposit, 0, asset, -(Minor{1} << 50), sequence_);
    add();
  }
  void trade() {
    const std::uint32_t buyer = 2 + random_() % options_.accounts;
    std::uint32_t seller = 2 + random_() % options_.accounts;
    if (seller == buyer) seller = buyer == 2 ? 3 : buyer - 1;
    const auto price = static_cast<std::int64_t>(2'400 + random_() % 200);
    const auto lots = static_cast<std::int64_t>(1 + random_() % 20);
    const Minor quote = price * lots;
    const std::uint64_t id = ++trades_;
    out_.clear();
    using Reason = core::LegReason;
    leg(Reason::kTrade, buyer, 2, lots * 100, id);
    leg(Reason::kTrade, seller, 2, -lots * 100, id);
    leg(Reason::kTrade, seller, 1, quote, id);
    leg(Reason::kTrade, buyer, 1, -quote, id);
    leg(Reason::kFee, buyer, 1, -5, id);
    leg(Reason::kFee, seller, 1, -2, id);
    leg(Reason::kFee, 1, 1, 7, id);
    report(proto::ReportKind::OrderAccepted, buyer, id, price, lots, proto::Liquidity::None);
    report(proto::ReportKind::OrderFilled, seller, id + 1, price, lots, proto::Liquidity::Maker);
    report(proto::ReportKind::OrderFilled, buyer, id, price, lots, proto::Liquidity::Taker);
    add();
  }
  void leg(core::LegReason reason, std::uint32_t account, std::uint32_t asset, Minor amount,
           std::uint64_t reference) {
    Minor& balance = balances_[account][asset - 1];
    balance += amount;
    const Minor after = account == 0 ? 0 : balance;
    out_.legs.add() = {reference, amount, after, account, asset, 1, reason, {}};
  }
  void report(proto::ReportKind kind, std::uint32_t account, std::uint64_t order,
              std::int64_t price, std::int64_t lots, proto::Liquidity liquidity) {
    proto::Report& report = out_.reports.add();
    report.mutate_kind(kind);
    report.mutate_account(account);
    report.mutate_account_sequence(1);
    report.mutate_market(1);
    report.mutate_trade_id(trades_);
    report.mutate_order_id(order << 32);
    report.mutate_price_ticks(price);
    report.mutate_quantity_lots(lots);
    const bool taken = kind == proto::ReportKind::OrderFilled;
    report.mutate_leaves_lots(taken ? 0 : lots);
    report.mutate_cumulative_lots(taken ? lots : 0);
    report.mutate_liquidity(liquidity);
  }
  void add() {
    journal::RecordHeader record;
    record.epoch = 1;
    record.sequence = ++sequence_;
    record.timestamp_ns = sequence_ * 50'000;
    out_.chain_head = sequence_;
    core::Command command;
    command.kind = proto::CommandKind::ReplaceOrder;
    while (!builder_.add(record, command, out_)) flush();
  }
  void flush() {
    put(builder_.finish(7, link_));
    builder_.clear();
  }
  void put(Bytes bytes) {
    storage_.write_at(file_, offset_, bytes);
    offset_ += bytes.size();
  }

  const Options& options_;
  journal::PosixStorage storage_;
  journal::FileId file_ = journal::FileId::none;
  std::uint64_t offset_ = 0, link_ = 0;
  follower::EventBatchBuilder builder_;
  core::Output out_;
  std::vector<std::array<Minor, 2>> balances_;
  std::minstd_rand random_{11};
  Sequence sequence_ = 0;
  std::uint64_t trades_ = 0;
};

void empty_ledger(events::Database& admin) {
  for (const char* table : {"cursor", "entries", "trades", "orders", "balances", "totals"}) {
    admin.run(std::string("TRUNCATE ledger.") + table);
  }
  admin.run("CHECKPOINT");
}

constexpr std::uint64_t kRowsOfTransaction = 200'000;

/// Follows the journal to its end; `write` is called for each transaction. Seconds in it all.
template <class Write>
double follow(const std::string& directory, LedgerBook& book, Write write) {
  const TimeNs begin_ns = MonotonicClock().now_ns();
  events::EventTail tail(directory, {});
  events::Cursor from;
  for (bool more = true; more;) {
    std::uint64_t rows = 0;
    while (more && rows < kRowsOfTransaction) {
      more = tail.next() == events::TailStatus::kBatch;
      if (!more) break;
      for (const auto& events : tail.events()) rows += book.add(events);
    }
    if (tail.cursor().sequence > from.sequence) write(from, tail.cursor());
    from = tail.cursor();
  }
  return static_cast<double>(MonotonicClock().now_ns() - begin_ns) / 1e9;
}

double settle(events::Database& database, const std::string& directory, const Options& options) {
  LedgerBook book(0, options.customers ? 2 : INT32_MAX);
  return follow(directory, book, [&](const events::Cursor& from, const events::Cursor& to) {
    write_ledger(database, book, from, to);
  });
}

/// The same rows of entries and trades, made beforehand; only the COPY is timed.
double copy_only(events::Database& database, const std::string& directory) {
  LedgerBook book(0, INT32_MAX);
  std::vector<std::pair<events::CopyRows, events::CopyRows>> transactions;
  follow(directory, book, [&](const events::Cursor&, const events::Cursor&) {
    transactions.emplace_back(book.entries, book.trades);
    book.written();
  });
  const TimeNs begin_ns = MonotonicClock().now_ns();
  for (auto& [entries, trades] : transactions) {
    database.begin();
    LedgerStatements<events::Database>::copy_entries(database, entries);
    LedgerStatements<events::Database>::copy_trades(database, trades);
    database.commit();
  }
  return static_cast<double>(MonotonicClock().now_ns() - begin_ns) / 1e9;
}

/// Processor time so far of the server's process behind a connection, in seconds: on a machine
/// that others use it says more than the clock on the wall.
double server_seconds(events::Database& database) {
  const std::string pid(database.run("SELECT pg_backend_pid()").text(0, 0));
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(const Options& options) {
  const std::string secrets = options.data + "/secrets";
  const std::string directory = options.data + "/bench-events";
  fs::remove_all(directory);
  JournalMaker(options, directory).make();
  events::Database admin(events::read_conninfo(secrets, "saker_admin"), "settlement-bench-admin");
  events::Database database(events::read_conninfo(secrets, "saker_settlement"),
                            "settlement-bench");
  LedgerBook none(0, 0);
  empty_ledger(admin);
  load_ledger(database, 0, none);  // the lock and the session's settings
  std::vector<double> settled, copied;
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    empty_ledger(admin);
    copied.push_back(options.trades / copy_only(database, directory));
    empty_ledger(admin);
    const double before_s = server_seconds(database);
    settled.push_back(options.trades / settle(database, directory, options));
    const double server_s = server_seconds(database) - before_s;
    std::printf("round %u: copy %.0f, settlement %.0f trades/s (%.1f us of the server a trade)\n",
                round + 1, copied.back(), settled.back(), 1e6 * server_s / options.trades);
  }
  empty_ledger(admin);
  fs::remove_all(directory);
  std::printf("median: plain COPY %.0f trades/s, settlement %.0f trades/s, %.0f %% of it\n",
              median(copied), median(settled), 100 * median(settled) / median(copied));
  return 0;
}

}  // namespace
}  // namespace saker::accounts

int main(int argc, char** argv) {
  using namespace saker;
  accounts::Options options;
  CommandLine line("Trades a second into the ledger, beside a plain COPY of the same rows. "
                   "Empties the ledger of DATA.");
  line.option("--data", options.data, "data directory whose cluster runs").required();
  line.option("--trades", options.trades, "in the journal").shown();
  line.option("--rounds", options.rounds, "of both").shown();
  line.option("--accounts", options.accounts, "that trade").shown();
  line.flag("--customers", options.customers, "every account's orders are kept as well");
  if (const auto exit_code = line.parse(argc, argv)) return *exit_code;
  try {
    return accounts::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "settlement_bench: %s\n", error.what());
    return 1;
  }
}
