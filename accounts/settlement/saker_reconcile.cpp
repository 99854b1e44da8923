// saker-reconcile: engine and ledger, balance by balance, at one sequence.
#include <signal.h>
#include <sodium.h>

#include <cstdio>

#include "accounts/settlement/reconciler.hpp"
#include "common/command_line.hpp"
#include "common/decimal.hpp"

namespace saker::accounts {
namespace {

std::atomic<bool> stop_asked{false};

struct Options {
  std::string data = ".saker";
  std::string host = "127.0.0.1";
  std::uint16_t port_base = 3000;
  std::uint32_t session = 17;
  std::uint32_t timeout_s = 60;
  bool entries = false;
};

/// Exact decimal text where the asset is known, minor units otherwise.
std::string amount_text(Int128 amount, const AssetName& name) {
  const bool fits = amount == static_cast<std::int64_t>(amount);
  if (name.symbol.empty() || !fits) return events::wide_text(amount);
  return format_decimal(static_cast<std::int64_t>(amount), name.decimals, name.decimals);
}

AssetName name_of(const Reconciliation& result, std::uint32_t asset) {
  const auto found = result.names.find(asset);
  return found == result.names.end() ? AssetName{} : found->second;
}

std::string symbol_of(const Reconciliation& result, std::uint32_t asset) {
  const AssetName name = name_of(result, asset);
  return name.symbol.empty() ? "asset " + std::to_string(asset) : name.symbol;
}

void print(const Reconciliation& result) {
  const Comparison& comparison = result.comparison;
  std::printf("at sequence %llu, %zu accounts\n\n",
              static_cast<unsigned long long>(comparison.sequence), comparison.accounts);
  std::printf("%-10s %24s %24s %24s %24s  %s\n", "asset", "engine", "ledger", "deposits",
              "withdrawals", "");
  for (const AssetTotal& total : comparison.totals) {
    const AssetName name = name_of(result, total.asset);
    std::printf("%-10s %24s %24s %24s %24s  %s\n", symbol_of(result, total.asset).c_str(),
                amount_text(total.engine, name).c_str(), amount_text(total.ledger, name).c_str(),
                amount_text(total.deposits, name).c_str(),
                amount_text(total.withdrawals, name).c_str(),
                total.balanced() ? "ok" : "DIFFERS");
  }
  if (comparison.differences.empty()) {
    std::printf("\nno account differs\n");
    return;
  }
  std::printf("\n%-10s %-10s %24s %24s %24s\n", "account", "asset", "engine", "ledger",
              "engine - ledger");
  for (const Difference& d : comparison.differences) {
    const AssetName name = name_of(result, d.asset);
    std::printf("%-10u %-10s %24s %24s %24s\n", d.account, symbol_of(result, d.asset).c_str(),
                amount_text(d.engine, name).c_str(), amount_text(d.ledger, name).c_str(),
                amount_text(Int128{d.engine} - d.ledger, name).c_str());
  }
  std::printf("\n%zu balances differ. Withdrawals are blocked until a comparison finds none.\n",
              comparison.differences.size());
}

int run(const Options& options) {
  ReconcilerConfig config;
  config.engine.secrets = options.data + "/secrets";
  config.engine.host = options.host;
  config.engine.port_base = options.port_base;
  config.engine.session = config.engine.key = options.session;
  config.engine.patience_ns = config.patience_ns =
      std::uint64_t{options.timeout_s} * 1'000'000'000;
  config.from_entries = options.entries;
  try {
    const Reconciliation result = reconcile(config, stop_asked);
    print(result);
    return result.comparison.equal() ? 0 : 1;
  } catch (const NotCompared& error) {
    std::fprintf(stderr, "saker-reconcile: not compared: %s\n", error.what());
    return 3;
  }
}

int main_of(int argc, char** argv) {
  Options options;
  CommandLine line(
      "Compares the engine's balances with the ledger's, account by account, at one sequence, and "
      "each asset's total with deposits less withdrawals. Exit status: 0 no difference, 1 "
      "differences, 2 wrong usage, 3 could not compare.",
      "saker-reconcile");
  line.option("--data", options.data, "data directory").shown();
  line.option("--host", options.host, "where the follower is").shown();
  line.option("--port-base", options.port_base, "the follower is at this port + 2").shown();
  line.option("--session", options.session, "session that may look at all accounts").shown();
  line.option("--timeout", options.timeout_s, "seconds to wait for follower and ledger").shown();
  line.flag("--entries", options.entries,
            "add up all entries instead of taking the balances that the ledger keeps");
  if (const auto exit_code = line.parse(argc, argv)) return *exit_code;
  if (sodium_init() < 0) return 3;
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked.store(true); };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return run(options);
}

}  // namespace
}  // namespace saker::accounts

int main(int argc, char** argv) { return saker::accounts::main_of(argc, argv); }
