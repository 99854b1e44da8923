#include "sim/venue.hpp"

#include "client/requests.hpp"
#include "common/bytes.hpp"
#include "engine/core/rules.hpp"

namespace saker::sim {

namespace {

using proto::CommandKind;
using proto::Rights;

class VenueBuilder {
 public:
  template <class Body>
  void add(CommandKind kind, const Body& body) {
    const Bytes bytes = bytes_of(body);
    venue.commands.push_back({kind, {bytes.begin(), bytes.end()}, "a simulated one"});
  }
  engine::Venue venue;
};

proto::Genesis make_genesis(Rng& rng) {
  proto::Genesis genesis;
  genesis.mutate_random_seed(rng.next());
  genesis.mutate_orders(static_cast<std::uint32_t>(24 + rng.below(200)));
  genesis.mutate_price_leaves(static_cast<std::uint32_t>(16 + rng.below(64)));
  genesis.mutate_assets(kAssets + 1);
  genesis.mutate_markets(kMarkets + 1);
  genesis.mutate_firms(5);
  genesis.mutate_groups(9);
  genesis.mutate_accounts(kAccounts + 1);
  genesis.mutate_sessions(kSessions + 1);
  genesis.mutate_grants(24);
  genesis.mutate_withdrawals(6);
  genesis.mutate_proposals(3);
  genesis.mutate_trades(16);
  genesis.mutate_client_ids_per_account(static_cast<std::uint32_t>(32 + rng.below(64)));
  // Half of the venues begin with the rules before the newest, and may get them on the way.
  const auto older = static_cast<std::uint32_t>(genesis.random_seed() % 2);
  genesis.mutate_rule_version(core::kNewestRules - older);
  return genesis;
}

void add_participants(VenueBuilder& venue, Rng& rng) {
  for (std::uint32_t asset = 1; asset <= kAssets; ++asset) {
    const std::uint8_t decimals = asset == 3 ? 4 : 2;
    proto::AddAsset body(asset, decimals, 0, 0);
    client::fill_text(body.mutable_symbol(), asset_symbol(asset));
    venue.add(CommandKind::AddAsset, body);
  }
  for (std::uint32_t firm = 1; firm <= 4; ++firm) {
    proto::AddFirm body;
    body.mutate_firm(firm);
    venue.add(CommandKind::AddFirm, body);
  }
  // Group 1: the venue. Firm 2: groups 2 and 3. Firm 3: groups 4 and 5.
  // Firm 4: the gateway's customers, each a group of his own.
  for (std::uint32_t group = 1; group <= 8; ++group) {
    const std::uint32_t firm = group == 1 ? 1 : group <= 3 ? 2 : group <= 5 ? 3 : 4;
    venue.add(CommandKind::AddGroup, proto::AddGroup(group, firm));
  }
  static constexpr std::uint32_t kGroupOf[] = {0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8};
  for (std::uint32_t account = 1; account <= kAccounts; ++account) {
    const auto most = static_cast<std::uint32_t>(account == 4 ? 3 + rng.below(8) : 0);
    venue.add(CommandKind::AddAccount, proto::AddAccount(account, kGroupOf[account], most));
  }
}

void add_sessions(VenueBuilder& venue) {
  const auto session = [&](std::uint32_t id, std::uint32_t firm, Rights rights, bool cod) {
    venue.add(CommandKind::AddSession,
              proto::AddSession(id, firm, rights, 100 + id, cod ? 1 : 0, 0, 0));
  };
  session(kAdminSession, 1, Rights::Administer | Rights::Funds | Rights::View, false);
  session(kApproverSession, 1, Rights::Approve | Rights::View, false);
  session(kOtherApproverSession, 1, Rights::Approve | Rights::View, false);
  const Rights trader = Rights::Trade | Rights::Cancel | Rights::View;
  session(4, 2, trader, true);
  session(5, 2, trader, false);
  session(6, 3, trader, true);
  session(7, 3, trader, false);
  session(kSloppySession, 3, trader, false);
  session(kFundsSession, 1, Rights::Funds | Rights::View, false);
  session(kGatewaySession, 4, trader, false);
  for (std::uint32_t id = kFirstTrader; id <= kGatewaySession; ++id) {
    for (const std::uint32_t account : accounts_of(id)) {
      venue.add(CommandKind::GrantAccount, proto::GrantAccount(id, account, trader));
    }
  }
}

void add_markets(VenueBuilder& venue, Rng& rng) {
  for (std::uint32_t market = 1; market <= kMarkets; ++market) {
    const proto::MarketParams params(1, 1000, market == 1 ? 0 : 5, 0, 10'000,
                                     market == 1 ? 200'000 : 0, market == 1 ? 100'000 : 0,
                                     static_cast<std::uint32_t>(rng.below(2000)),
                                     static_cast<std::uint32_t>(rng.below(4000)));
    // One tick of one lot is one minor unit of the quote asset.
    const std::int64_t lot = market == 1 ? 100 : 10'000;
    proto::AddMarket body(params, 1, lot, kReferencePrice, market, market + 1, 1, 1, 2, 0, 0, 0);
    client::fill_text(body.mutable_symbol(), symbol_of(market));
    venue.add(CommandKind::AddMarket, body);
    proto::SetMarketPhase phase;
    phase.mutate_market(market);
    phase.mutate_phase(proto::MarketPhase::Open);
    venue.add(CommandKind::SetMarketPhase, phase);
  }
}

}  // namespace

std::string asset_symbol(std::uint32_t asset) {
  return std::string("A") + static_cast<char>('A' + asset - 1);
}

std::string symbol_of(std::uint32_t market) {
  return asset_symbol(market + 1) + "/" + asset_symbol(1);
}

std::vector<std::uint32_t> accounts_of(std::uint32_t session) {
  switch (session) {
    case 4: return {2, 3};
    case 5: return {3, 4};
    case 6: return {5};
    case 7: return {5, 6};
    case kSloppySession: return {7};
    case kGatewaySession: return {8, 9, 10};
    default: return {};
  }
}

engine::Venue make_venue(Rng& rng) {
  VenueBuilder venue;
  venue.venue.genesis = make_genesis(rng);
  add_participants(venue, rng);
  add_sessions(venue);
  add_markets(venue, rng);
  std::uint64_t reference = 1;
  for (std::uint32_t account = 2; account <= kAccounts; ++account) {
    for (std::uint32_t asset = 1; asset <= kAssets; ++asset) {
      const std::int64_t unit = asset == 1 ? 100'000 : asset == 2 ? 10'000 : 1'000'000;
      venue.add(CommandKind::Deposit,
                proto::Deposit(reference++, unit * rng.between(20, 400), account, asset));
    }
  }
  return std::move(venue.venue);
}

proto::Secret secret_of(std::uint32_t session) {
  proto::Secret secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<std::uint8_t>(session * 31 + i * 7 + 1);
  }
  return secret;
}

SimSecrets::SimSecrets() {
  for (std::uint32_t session = 1; session <= kSessions; ++session) {
    secrets_[100 + session] = secret_of(session);
  }
}

const proto::Secret* SimSecrets::find(std::uint32_t key_id) const {
  const auto found = secrets_.find(key_id);
  return found == secrets_.end() ? nullptr : &found->second;
}

}  // namespace saker::sim
