// The venue that generated commands play on: five unlike markets, four firms, fee account that
// also trades, sessions with every mixture of rights.
#include "sim/command_generator.hpp"

namespace saker::sim {

using proto::CommandKind;
using proto::Rights;

namespace {

constexpr std::uint32_t kAccounts = 16;
constexpr std::uint32_t kSessions = 16;

constexpr std::string_view kProfiles[] = {"balanced", "deep",    "sweeps", "hostile", "jobs",
                                          "money",    "extreme", "tight",  "plain"};

template <std::uint16_t kSize>
void set_text(flatbuffers::Array<std::uint8_t, kSize>* field, std::string_view text) {
  for (std::size_t i = 0; i < text.size() && i < kSize; ++i) {
    field->Mutate(static_cast<flatbuffers::uoffset_t>(i), static_cast<std::uint8_t>(text[i]));
  }
}

GeneratorConfig shaped(GeneratorConfig c) {
  if (c.profile == "deep") {
    c.aggressive_ppm = 30'000;
    c.immediate_ppm = 20'000;
    c.market_order_ppm = 10'000;
    c.spread_ticks = 300;
    c.target_open_orders = 6'000;
  } else if (c.profile == "sweeps") {
    c.usual_lots = 8;
    c.sweep_ppm = 15'000;
    c.aggressive_ppm = c.immediate_ppm = c.market_order_ppm = 20'000;
    c.target_open_orders = 3'000;
  } else if (c.profile == "hostile") {
    c.mutate_ppm = 400'000;
    c.wrong_party_ppm = 150'000;
    c.stale_ppm = 100'000;
    c.duplicate_id_ppm = 150'000;
    c.administration = 60;
    c.session = 30;
  } else if (c.profile == "jobs") {
    c.new_order = 800;
    c.cancel_order = 40;
    c.replace_order = 100;
    c.mass_cancel = 2;
    c.session = 6;
    c.kill_switch = 2;
    c.aggressive_ppm = c.immediate_ppm = c.market_order_ppm = 20'000;
    c.spread_ticks = 100;
    c.target_open_orders = 1'700;
    c.continue_ppm = 200'000;
    c.storm_ppm = 700'000;
  } else if (c.profile == "money") {
    c.funds = 200;
    c.proposal = 200;
    c.deposit = 300'000;
    c.usual_lots = 10;
  } else if (c.profile == "extreme") {
    c.extreme_ppm = 400'000;
    c.deposit = std::int64_t{1} << 58;
  } else if (c.profile == "tight") {
    c.orders = 24;
    c.price_leaves = 16;
    c.proposals = 2;
    c.withdrawals = 2;
    c.trades = 4;
    c.client_ids_per_account = 2;
    c.spread_ticks = 200;
    c.target_open_orders = 60;
  } else if (c.profile == "plain") {  // what a benchmark wants: orders that make sense
    c.mutate_ppm = c.wrong_party_ppm = c.foreign_ppm = c.stale_ppm = 0;
    c.duplicate_id_ppm = c.extreme_ppm = 0;
    c.funds = c.proposal = c.administration = c.kill_switch = c.session = c.mass_cancel = 0;
    c.deposit = 10'000'000'000'000'000;
  }
  return c;
}

}  // namespace

std::span<const std::string_view> generator_profiles() { return kProfiles; }

GeneratorConfig generator_profile(std::string_view name, std::uint64_t seed) {
  for (const std::string_view known : kProfiles) {
    if (known != name) continue;
    GeneratorConfig config;
    config.profile = known;
    config.seed = seed;
    return shaped(config);
  }
  SAKER_ASSERT(!"a known generator profile");
  return {};
}

void CommandGenerator::prepare_setup() {
  const GeneratorConfig& c = config_;
  genesis_ = proto::Genesis(c.seed, c.orders, c.price_leaves, 8, 8, 6, 8, kAccounts, kSessions,
                            40, c.withdrawals, c.proposals, c.trades, c.client_ids_per_account,
                            c.rule_version, 0, 0);
  set_text(genesis_.mutable_venue(), "generated");
  prepare(CommandKind::Genesis, genesis_);
  prepare(CommandKind::EpochStart,
          proto::EpochStart(1, 2, 1, proto::CommitPolicy::Memory, 0, 0));
  prepare_parties();
  prepare_markets();
  prepare_deposits();
}

void CommandGenerator::prepare_parties() {
  constexpr std::uint8_t kDecimals[] = {2, 8, 2, 8, 0, 18};
  constexpr std::string_view kSymbols[] = {"EUR", "KCN", "USD", "BTC", "XYZ", "WEI"};
  for (std::uint32_t i = 0; i < std::size(kDecimals); ++i) {
    proto::AddAsset asset(++assets_, kDecimals[i], 0, 0);
    set_text(asset.mutable_symbol(), kSymbols[i]);
    prepare(CommandKind::AddAsset, asset);
  }
  while (firms_ < 4) prepare(CommandKind::AddFirm, proto::AddFirm(++firms_));
  for (const std::uint32_t firm : {1u, 2u, 2u, 3u, 4u}) {
    prepare(CommandKind::AddGroup, proto::AddGroup(++groups_, firm));
  }
  // Account 1 takes the fees. Account 6 may have five open orders.
  for (const std::uint32_t group : {1u, 2u, 2u, 3u, 4u, 4u, 5u, 5u}) {
    const std::uint32_t account = ++accounts_;
    prepare(CommandKind::AddAccount, proto::AddAccount(account, group, account == 6 ? 5 : 0));
  }
  struct Row {
    std::uint32_t firm, rights;
    std::uint8_t cancel_on_disconnect;
  };
  constexpr std::uint32_t kTrade = 1, kCancel = 2, kView = 4, kAdmin = 8, kApprove = 16,
                          kFunds = 32;
  const Row rows[] = {
      {1, kAdmin | kApprove | kFunds | kView, 0}, {1, kAdmin | kApprove | kFunds | kView, 0},
      {1, kAdmin | kApprove | kFunds | kView, 0}, {1, kView, 0},
      {2, kTrade | kCancel, 1},                   {2, kCancel, 0},
      {3, kTrade | kCancel, 0},                   {4, kTrade, 1},
      {1, kTrade | kCancel, 1},                   {1, kFunds, 0},
      {3, kTrade | kAdmin, 0},                    {2, kTrade | kCancel, 0},
  };
  std::uint32_t sessions = 0;
  for (const Row& row : rows) {
    ++sessions;
    prepare(CommandKind::AddSession,
            proto::AddSession(sessions, row.firm, static_cast<Rights>(row.rights), sessions,
                              row.cancel_on_disconnect, 0, 0));
  }
  const std::array<std::uint32_t, 3> grants[] = {
      {5, 2, kTrade | kCancel}, {5, 3, kTrade}, {5, 4, kTrade},          {6, 2, kCancel},
      {6, 4, kCancel},          {7, 5, kTrade}, {7, 6, kTrade | kCancel}, {8, 7, kTrade},
      {8, 8, kTrade},           {9, 1, kTrade}, {9, 2, kTrade},          {9, 5, kTrade},
      {9, 7, kTrade | kCancel}, {11, 5, kTrade}, {12, 3, kTrade},        {12, 4, kTrade},
      {4, 2, kView},            {6, 7, kView | kFunds}};
  for (const auto& [session, account, rights] : grants) {
    prepare(CommandKind::GrantAccount,
            proto::GrantAccount(session, account, static_cast<Rights>(rights)));
    if ((rights & kTrade) != 0) parties_.push_back({session, account});
  }
  sessions_.resize(sessions);
  for (std::uint32_t session = 1; session <= sessions; ++session) {
    prepare(CommandKind::SessionLogon, proto::SessionLogon(1, session, 1'000));
    sessions_[session - 1].connected = true;
    sessions_[session - 1].connections = 1;
  }
}

/// Unlike on purpose: decimals from 0 to 18, no fees, odd fees, nearly all of it fees, bands and
/// protection on and off, one lot or 2^40.
proto::AddMarket CommandGenerator::market_template(std::uint32_t number) const {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  constexpr std::int64_t kHighest = (std::int64_t{1} << 30) - 1;
  struct Row {
    proto::MarketParams params;
    std::int64_t tick_size, lot_size, reference;
    std::uint32_t base, quote;
    std::uint8_t price_decimals;
  };
  const Row rows[] = {
      {proto::MarketParams(1, 1'000'000, 0, 0, 1'000'000, 0, 0, 1'000, 2'000), 1, 100'000'000,
       1'000, 2, 1, 2},
      {proto::MarketParams(2, 100'000, 5'000, 50'000'000, 100'000, 50'000, 20'000, 333, 777),
       100, 1'000'000, 1'000, 4, 3, 2},
      {proto::MarketParams(1, kMost, 1, 0, kHighest, 100'000, 0, 0, 0), 5, 1, 700, 5, 1, 2},
      {proto::MarketParams(1, 2'000, 0, 0, 50'000, 0, 10'000, 999'999, 250'001), 1'000,
       1'000'000'000'000'000, 0, 6, 3, 2},
      {proto::MarketParams(1, kMost, 0, 0, kHighest, 0, 0, 5'001, 3), 1, 1, 0, 5, 2, 8},
  };
  const Row& row = rows[(number - 1) % std::size(rows)];
  proto::AddMarket market(row.params, row.tick_size, row.lot_size, row.reference, number,
                          row.base, row.quote, 1, row.price_decimals, 0, 0, 0);
  constexpr std::string_view kSymbols[] = {"KCN/EUR", "BTC/USD", "XYZ/EUR", "WEI/USD",
                                           "XYZ/KCN"};
  set_text(market.mutable_symbol(), kSymbols[(number - 1) % std::size(kSymbols)]);
  return market;
}

void CommandGenerator::prepare_markets() {
  constexpr std::int64_t kTickValues[] = {1, 1, 5, 1, 1};
  for (std::uint32_t number = 1; number <= config_.markets; ++number) {
    const proto::AddMarket market = market_template(number);
    prepare(CommandKind::AddMarket, market);
    prepare(CommandKind::SetMarketPhase,
            proto::SetMarketPhase(number, proto::MarketPhase::Open, 0, 0));
    MarketState& state = markets_.emplace_back();
    state.params = market.params();
    state.tick_value = kTickValues[number - 1];
    if (market.reference_price_ticks() != 0) state.middle = market.reference_price_ticks();
    state.open = true;
  }
}

void CommandGenerator::prepare_deposits() {
  constexpr std::int64_t kMostPerAccount = std::int64_t{1} << 58;
  for (std::uint32_t account = 1; account <= accounts_; ++account) {
    for (std::uint32_t asset = 1; asset <= assets_; ++asset) {
      // Base amounts are larger than quote amounts: a lot is many minor units of it.
      const std::int64_t scale = asset == 2 ? 100'000'000 : asset == 4 ? 1'000'000
                                 : asset == 6 ? 1'000'000'000'000'000 : 1;
      Int128 amount = Int128(config_.deposit) * scale / (scale > 1 ? 10 : 1);
      if (amount > kMostPerAccount) amount = kMostPerAccount;
      prepare(CommandKind::Deposit,
              proto::Deposit(next_reference_++, static_cast<std::int64_t>(amount), account,
                             asset));
    }
  }
}

}  // namespace saker::sim
