// A seeded stream of commands that looks like a bad day on an exchange: orders that cross, sweep
// and collide, wrong parties, fields at and beyond every limit, jobs, kill switches, money coming
// and going. For the differential test, the determinism runs, the simulator and the benchmarks.
//
//   CommandGenerator generator(generator_profile("balanced", seed));
//   auto core = core::Core::create(generator.genesis(), &why);
//   for (...) {
//     const core::Command command = generator.next(core->has_urgent_job(), core->has_job());
//     core->apply(command, out);
//     generator.on_reports(out.reports.view());
//   }
//
// The first commands set the venue up; a stream depends on seed, profile and the reports alone.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/core/rules.hpp"
#include "sim/rng.hpp"

namespace saker::sim {

struct GeneratorConfig {
  std::uint64_t seed = 1;
  std::string_view profile = "balanced";
  std::uint32_t rule_version = core::kNewestRules;  // that it begins with
  bool changes_rules = true;                        // now and then the rules are set

  // How often each sort of command is chosen, relative to the others.
  std::uint32_t new_order = 500;
  std::uint32_t cancel_order = 180;
  std::uint32_t replace_order = 200;
  std::uint32_t mass_cancel = 3;
  std::uint32_t session = 4;
  std::uint32_t funds = 20;
  std::uint32_t proposal = 8;
  std::uint32_t administration = 8;
  std::uint32_t kill_switch = 1;

  // Chances in millionths.
  std::uint32_t immediate_ppm = 150'000;
  std::uint32_t market_order_ppm = 100'000;
  std::uint32_t aggressive_ppm = 250'000;   // limit orders priced to trade
  std::uint32_t sweep_ppm = 10'000;         // orders far larger than usual
  std::uint32_t extreme_ppm = 2'000;        // prices and quantities of any magnitude
  std::uint32_t mutate_ppm = 30'000;        // one field replaced by a boundary value
  std::uint32_t wrong_party_ppm = 10'000;   // any session, any account
  std::uint32_t foreign_ppm = 100'000;      // cancels and replaces by another session
  std::uint32_t stale_ppm = 20'000;         // ids of orders that are gone
  std::uint32_t duplicate_id_ppm = 20'000;  // client order ids used before
  std::uint32_t continue_ppm = 500'000;     // of the commands while a job runs
  std::uint32_t storm_ppm = 0;              // mass cancels, kill switches: 24 in a row

  std::uint32_t usual_lots = 100;
  std::uint32_t spread_ticks = 20;
  std::uint32_t target_open_orders = 1'000;  // above it, more orders are cancelled
  std::uint32_t markets = 5;                 // 1..5 at the start
  std::int64_t deposit = 100'000'000'000'000;

  // Sizes of the arenas.
  std::uint32_t orders = 8'192;
  std::uint32_t price_leaves = 4'096;
  std::uint32_t proposals = 8;
  std::uint32_t withdrawals = 16;
  std::uint32_t trades = 256;
  std::uint32_t client_ids_per_account = 64;
};

/// Names that generator_profile() knows.
std::span<const std::string_view> generator_profiles();
/// The configuration of that name; an unknown name is fatal.
GeneratorConfig generator_profile(std::string_view name, std::uint64_t seed);

class CommandGenerator {
 public:
  explicit CommandGenerator(const GeneratorConfig& config);

  const proto::Genesis& genesis() const { return genesis_; }
  /// The next command; its body stays valid until the next call. The arguments say what the
  /// exchange has unfinished (Core::has_urgent_job, has_job).
  core::Command next(bool urgent_job, bool job);
  /// What that command did, so that later ones can refer to it.
  void on_reports(std::span<const proto::Report> reports);

  bool in_setup() const { return setup_at_ < setup_.size(); }
  std::size_t setup_commands() const { return setup_.size(); }
  /// From now on only commands that empty the books, until drained() says so.
  void start_drain() { drain_ = Drain::kFinishJobs; }
  bool drained() const { return drain_ == Drain::kDone; }
  void end_drain() { drain_ = Drain::kNone; }

  /// How many commands of each kind were made, by kind number (0..95).
  const std::array<std::uint64_t, 96>& counts() const { return counts_; }

 private:
  struct Prepared {
    proto::CommandKind kind = proto::CommandKind::None;
    std::uint32_t session = 0;
    alignas(8) std::array<std::byte, core::kMaxCommandBody> body{};
  };
  struct Party {
    std::uint32_t session = 0;
    std::uint32_t account = 0;
  };
  struct LiveOrder {
    std::uint64_t id = 0;
    std::uint64_t client_order_id = 0;
    std::int64_t price = 0;
    std::int64_t quantity = 0;
    std::int64_t leaves = 0;
    std::uint32_t account = 0;
    std::uint32_t market = 0;
    std::uint32_t session = 0;
  };
  struct MarketState {
    proto::MarketParams params;
    std::int64_t tick_value = 1;
    std::int64_t middle = 1'000;
    bool open = false;
  };
  struct SessionState {
    std::uint64_t highest = 0;
    std::uint64_t connections = 0;
    bool connected = false;
    std::vector<std::uint64_t> skipped;
  };
  enum class Drain { kNone, kFinishJobs, kCancelAll, kFinishCancel, kDone };

  // generator_world.cpp
  void prepare_setup();
  void prepare_parties();
  void prepare_markets();
  void prepare_deposits();
  proto::AddMarket market_template(std::uint32_t number) const;
  template <class T>
  void prepare(proto::CommandKind kind, const T& body);

  // command_generator.cpp
  template <class T>
  void put(proto::CommandKind kind, std::uint32_t session, const T& body);
  core::Command finish();
  core::Command engine_command(proto::CommandKind kind);
  void choose();
  void choose_session_command();
  void maybe_storm(void (CommandGenerator::*make)());
  bool repair();
  void logon(std::uint32_t session);
  void next_drain(bool job);
  void mutate();
  std::uint64_t next_client_sequence(std::uint32_t session);
  Party pick_party();
  std::uint32_t pick_account();
  std::uint32_t pick_asset();
  std::uint32_t pick_market();
  std::uint64_t pick_client_id(std::uint32_t account);
  void note_new_order(const proto::Report& report);
  void note_order(const proto::Report& report);
  void note_admin(const proto::Report& report);
  void forget_order(std::uint64_t id);

  // generator_orders.cpp
  void make_new_order();
  void make_cancel();
  void make_replace();
  void make_mass_cancel();
  std::int64_t pick_price(const MarketState& market, proto::Side side, bool aggressive);
  std::int64_t pick_quantity(const MarketState& market);

  // generator_admin.cpp
  void make_funds();
  void make_proposal();
  void make_administration();
  void make_new_entry();
  void make_market_change();
  void make_kill_switch();

  GeneratorConfig config_;
  Rng rng_;
  proto::Genesis genesis_;
  std::vector<Prepared> setup_;
  std::size_t setup_at_ = 0;
  Drain drain_ = Drain::kNone;

  Prepared current_;
  std::uint64_t current_client_sequence_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t time_ns_ = 1'700'000'000'000'000'000;
  std::array<std::uint64_t, 96> counts_{};

  std::vector<Party> parties_;
  std::vector<MarketState> markets_;
  std::vector<SessionState> sessions_;
  std::uint32_t assets_ = 0;
  std::uint32_t firms_ = 0;
  std::uint32_t groups_ = 0;
  std::uint32_t accounts_ = 0;
  std::uint32_t trading_day_ = 0;
  void (CommandGenerator::*storm_)() = nullptr;
  std::uint32_t storm_left_ = 0;

  std::vector<LiveOrder> live_;
  std::unordered_map<std::uint64_t, std::size_t> live_at_;  // order id -> place in live_
  std::array<LiveOrder, 64> gone_{};
  std::size_t gone_count_ = 0;
  std::uint64_t next_client_id_ = 1;
  std::uint64_t last_trade_ = 0;
  std::uint64_t next_reference_ = 1;
  std::vector<std::uint64_t> withdrawals_;
  std::vector<std::uint64_t> proposals_;
  std::vector<proto::KillSwitch> engaged_;
};

template <class T>
void CommandGenerator::put(proto::CommandKind kind, std::uint32_t session, const T& body) {
  static_assert(sizeof(T) <= core::kMaxCommandBody);
  current_ = Prepared{};
  current_.kind = kind;
  current_.session = session;
  std::memcpy(current_.body.data(), &body, sizeof(T));
}

template <class T>
void CommandGenerator::prepare(proto::CommandKind kind, const T& body) {
  static_assert(sizeof(T) <= core::kMaxCommandBody);
  Prepared& prepared = setup_.emplace_back();
  prepared.kind = kind;
  std::memcpy(prepared.body.data(), &body, sizeof(T));
}

}  // namespace saker::sim
