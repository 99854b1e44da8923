#include "bench/streams.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <unordered_map>

#include "engine/core/rules.hpp"

namespace saker::bench {

namespace {

using proto::CommandKind;
using proto::Side;

constexpr std::uint32_t kParties = 4;  // sessions and accounts 1..4, each its own group
constexpr std::int64_t kMid = 1 << 20;

struct Live {
  std::uint64_t id = 0;
  std::uint32_t party = 0;
  Side side = Side::Buy;
};

proto::Genesis genesis_for(std::uint32_t markets) {
  proto::Genesis g;
  g.mutate_orders(1 << 17);
  g.mutate_price_leaves(1 << 14);
  g.mutate_assets(2);
  g.mutate_markets(markets);
  g.mutate_firms(kParties);
  g.mutate_groups(kParties);
  g.mutate_accounts(kParties);
  g.mutate_sessions(kParties);
  g.mutate_grants(kParties);
  g.mutate_withdrawals(1);
  g.mutate_proposals(1);
  g.mutate_trades(1 << 12);
  g.mutate_client_ids_per_account(256);
  g.mutate_rule_version(core::kNewestRules);
  return g;
}

}  // namespace

core::Command Stream::command(std::size_t i) const {
  core::Command command;
  command.sequence = i + 1;
  command.time_ns = i + 1;
  command.kind = kinds_[i];
  command.envelope = envelopes_[i];
  command.body = {reinterpret_cast<const std::byte*>(words_.data() + offsets_[i]),
                  core::body_size(kinds_[i])};
  return command;
}

std::unique_ptr<core::Core> Stream::prepared(core::Output& out) const {
  const char* why = nullptr;
  std::unique_ptr<core::Core> core = core::Core::create(command(0).as<proto::Genesis>(), &why);
  SAKER_ASSERT(core != nullptr);
  for (std::size_t i = 0; i < setup_size_; ++i) core->apply(command(i), out);
  return core;
}

/// Applies what it records, so that the generator can look at the answers.
class Recorder {
 public:
  Recorder(std::string name, std::uint32_t markets) : random_(42), markets_(markets) {
    stream_.name = std::move(name);
    const proto::Genesis genesis = genesis_for(markets);
    const char* why = nullptr;
    core_ = core::Core::create(genesis, &why);
    SAKER_ASSERT(core_ != nullptr);
    add(CommandKind::Genesis, genesis);
    set_up_parties();
    for (std::uint32_t market = 1; market <= markets; ++market) set_up_market(market);
  }

  std::mt19937_64& random() { return random_; }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::size_t live_count() const { return live_.size(); }
  std::size_t size() const { return stream_.size(); }
  void end_of_setup() { stream_.setup_size_ = stream_.size(); stream_.fills = 0; }
  Stream take() { return std::move(stream_); }

  /// Distance from the middle with a power-law tail, ticks.
  std::int64_t distance() {
    const double u = static_cast<double>(below(1'000'000) + 1) / 1e6;
    return std::min<std::int64_t>(static_cast<std::int64_t>(2.0 / std::sqrt(u)), 2'000);
  }
  std::int64_t uniform_distance(std::int64_t most) {
    return 1 + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most)));
  }

  void new_order(Side side, std::int64_t price, std::int64_t lots, bool immediate) {
    proto::NewOrder order;
    const auto party = static_cast<std::uint32_t>(1 + below(kParties));
    order.mutate_account(party);
    order.mutate_market(static_cast<std::uint32_t>(1 + below(markets_)));
    order.mutate_side(side);
    order.mutate_price_ticks(price);
    order.mutate_quantity_lots(lots);
    order.mutate_time_in_force(immediate ? proto::TimeInForce::ImmediateOrCancel
                                         : proto::TimeInForce::GoodTillCancel);
    add(CommandKind::NewOrder, order, party);
    const auto feed = out_.feed.view();
    if (!feed.empty() && feed.back().kind() == proto::FeedKind::OrderAdded) {
      remember({out_.reports[0].order_id(), party, side});
    }
    finish_sweep();
  }

  void rest(std::int64_t away) {
    const Side side = below(2) == 0 ? Side::Buy : Side::Sell;
    new_order(side, side == Side::Buy ? kMid - away : kMid + away,
              1 + static_cast<std::int64_t>(below(100)), false);
  }

  void cancel() {
    const Live order = take_live();
    if (order.id == 0) return;
    proto::CancelOrder cancel;
    cancel.mutate_order_id(order.id);
    cancel.mutate_account(order.party);
    add(CommandKind::CancelOrder, cancel, order.party);
  }

  void replace(std::int64_t away) {
    const Live order = take_live();
    if (order.id == 0) return;
    proto::ReplaceOrder replace;
    replace.mutate_order_id(order.id);
    replace.mutate_account(order.party);
    replace.mutate_price_ticks(order.side == Side::Buy ? kMid - away : kMid + away);
    replace.mutate_quantity_lots(1'000 + static_cast<std::int64_t>(below(100)));
    add(CommandKind::ReplaceOrder, replace, order.party);
    const auto feed = out_.feed.view();
    if (!feed.empty() && feed.back().kind() == proto::FeedKind::OrderAdded) remember(order);
    finish_sweep();
  }

 private:
  template <class T>
  void add(CommandKind kind, const T& body, std::uint32_t session = 0) {
    const std::size_t words = (sizeof(T) + 7) / 8;
    stream_.offsets_.push_back(static_cast<std::uint32_t>(stream_.words_.size()));
    stream_.words_.resize(stream_.words_.size() + words);
    std::memcpy(stream_.words_.data() + stream_.offsets_.back(), &body, sizeof(T));
    stream_.kinds_.push_back(kind);
    core::CommandEnvelope envelope;
    envelope.session = session;
    envelope.client_sequence = session == 0 ? 0 : ++client_sequence_[session];
    stream_.envelopes_.push_back(envelope);
    core_->apply(stream_.command(stream_.size() - 1), out_);
    for (const proto::Report& report : out_.reports.view()) {
      if (report.kind() != proto::ReportKind::OrderFilled ||
          report.liquidity() != proto::Liquidity::Maker) {
        continue;
      }
      ++stream_.fills;
      if (report.leaves_lots() == 0) forget(report.order_id());
    }
  }

  void finish_sweep() {
    while (core_->has_urgent_job()) add(CommandKind::Continue, proto::Continue{});
  }

  /// A random open order, taken off the list.
  Live take_live() {
    if (live_.empty()) return {};
    const Live order = live_[below(live_.size())];
    forget(order.id);
    return order;
  }

  void forget(std::uint64_t id) {
    const auto found = where_.find(id);
    if (found == where_.end()) return;
    const std::size_t i = found->second;
    where_.erase(found);
    live_[i] = live_.back();
    live_.pop_back();
    if (i < live_.size()) where_[live_[i].id] = i;
  }

  void remember(const Live& order) {
    where_[order.id] = live_.size();
    live_.push_back(order);
  }

  void set_up_parties() {
    for (std::uint32_t id = 1; id <= 2; ++id) {
      proto::AddAsset asset;
      asset.mutate_asset(id);
      add(CommandKind::AddAsset, asset);
    }
    for (std::uint32_t id = 1; id <= kParties; ++id) {
      set_up_party(id);
    }
  }

  void set_up_party(std::uint32_t id) {
    proto::AddFirm firm;
    firm.mutate_firm(id);
    add(CommandKind::AddFirm, firm);
    proto::AddGroup group;
    group.mutate_group(id);
    group.mutate_firm(id);
    add(CommandKind::AddGroup, group);
    proto::AddAccount account;
    account.mutate_account(id);
    account.mutate_group(id);
    add(CommandKind::AddAccount, account);
    proto::AddSession session;
    session.mutate_session(id);
    session.mutate_firm(id);
    session.mutate_rights(proto::Rights::Trade);
    add(CommandKind::AddSession, session);
    proto::GrantAccount grant;
    grant.mutate_session(id);
    grant.mutate_account(id);
    grant.mutate_rights(proto::Rights::Trade);
    add(CommandKind::GrantAccount, grant);
    proto::SessionLogon logon;
    logon.mutate_session(id);
    add(CommandKind::SessionLogon, logon);
    for (std::uint32_t asset_id = 1; asset_id <= 2; ++asset_id) {
      proto::Deposit deposit;
      deposit.mutate_account(id);
      deposit.mutate_asset(asset_id);
      deposit.mutate_amount(Minor{1} << 59);
      add(CommandKind::Deposit, deposit);
    }
  }

  void set_up_market(std::uint32_t id) {
    proto::AddMarket market;
    proto::MarketParams& params = market.mutable_params();
    params.mutate_min_quantity_lots(1);
    params.mutate_max_quantity_lots(1'000'000);
    params.mutate_max_price_ticks(1 << 24);
    params.mutate_maker_fee_ppm(200);
    params.mutate_taker_fee_ppm(500);
    market.mutate_tick_size(1);
    market.mutate_lot_size(1);
    market.mutate_market(id);
    market.mutate_base_asset(2);
    market.mutate_quote_asset(1);
    market.mutate_fee_account(1);
    add(CommandKind::AddMarket, market);
    proto::SetMarketPhase phase;
    phase.mutate_market(id);
    phase.mutate_phase(proto::MarketPhase::Open);
    add(CommandKind::SetMarketPhase, phase);
  }

  std::mt19937_64 random_;
  std::uint32_t markets_;
  Stream stream_;
  std::unique_ptr<core::Core> core_;
  core::Output out_;
  std::vector<Live> live_;
  std::unordered_map<std::uint64_t, std::size_t> where_;
  std::uint64_t client_sequence_[kParties + 1] = {};
};

namespace {

Stream shallow(std::size_t count) {
  Recorder r("shallow", 1);
  r.end_of_setup();
  const std::size_t end = r.size() + count;
  for (std::uint64_t i = 0; r.size() < end; ++i) {
    const Side side = i % 2 == 0 ? Side::Buy : Side::Sell;
    const auto lots = static_cast<std::int64_t>(i % 5 + 1);
    if (i % 10 < 7) {
      r.new_order(side, kMid + static_cast<std::int64_t>(i % 10) - 3, lots, false);
    } else {
      r.new_order(side, side == Side::Buy ? kMid + 100 : kMid - 100, lots, true);
    }
    if (i % 10 == 0) r.cancel();
  }
  return r.take();
}

Stream replace_heavy(std::size_t count) {
  Recorder r("replace", 1);
  while (r.live_count() < 1'000) r.rest(r.uniform_distance(2'000));
  r.end_of_setup();
  const std::size_t end = r.size() + count;
  while (r.size() < end) {
    const std::uint64_t dice = r.below(1'000);
    if (dice < 85 || r.live_count() < 900) {
      r.rest(r.uniform_distance(2'000));
    } else if (dice < 114) {
      const Side side = r.below(2) == 0 ? Side::Buy : Side::Sell;
      r.new_order(side, side == Side::Buy ? kMid + 20 : kMid - 20, 50, true);
    } else if (dice < 171 || r.live_count() > 1'100) {
      r.cancel();
    } else {
      r.replace(r.uniform_distance(2'000));
    }
  }
  return r.take();
}

Stream deep(std::string name, std::size_t count, std::uint32_t markets) {
  Recorder r(std::move(name), markets);
  while (r.live_count() < 20'000) r.rest(r.distance());
  r.end_of_setup();
  const std::size_t end = r.size() + count;
  while (r.size() < end) {
    const std::uint64_t dice = r.below(1'000);
    if (dice < 467) {
      r.rest(r.distance());
    } else if (dice < 900) {
      r.cancel();
    } else if (dice < 950) {
      r.replace(r.distance());
    } else {
      const Side side = r.below(2) == 0 ? Side::Buy : Side::Sell;
      r.new_order(side, side == Side::Buy ? kMid + 3 : kMid - 3, 50, true);
    }
  }
  return r.take();
}

}  // namespace

std::vector<Stream> record_streams(std::size_t count) {
  std::vector<Stream> streams;
  streams.push_back(shallow(count));
  streams.push_back(replace_heavy(count));
  streams.push_back(deep("deep", count, 1));
  streams.push_back(deep("symbols", count, 100));
  return streams;
}

Stream record_deep_stream(std::size_t count) { return deep("deep", count, 1); }

}  // namespace saker::bench
