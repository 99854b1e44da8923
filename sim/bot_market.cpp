#include "sim/bot_market.hpp"

#include <algorithm>
#include <cmath>

#include "client/requests.hpp"
#include "common/decimal.hpp"

namespace saker::sim {

using bots::ActionKind;
using bots::StrategyKind;
using proto::CommandKind;
using proto::Side;

namespace {

std::int64_t most_inventory(const bots::BotConfig& config) {
  switch (config.kind) {
    case StrategyKind::kRandom: return config.random.most_inventory_lots;
    case StrategyKind::kAggressive: return config.aggressive.most_inventory_lots;
    case StrategyKind::kMeanReversion: return config.reversion.most_inventory_lots;
    default: return config.quotes.most_inventory_lots;
  }
}

}  // namespace

std::int64_t BotMarket::Trader::quote() const {
  return tracker.position(config.account, definition.quote_asset()).total;
}
std::int64_t BotMarket::Trader::base_lots() const {
  return tracker.position(config.account, definition.base_asset()).total / definition.lot_size();
}

BotMarket::BotMarket(const std::string& venue_path, const std::string& bots_path, double stretch)
    : stretch_(stretch) {
  engine::Venue venue = engine::load_venue(venue_path);
  venue.genesis.mutate_orders(4'096);  // the bots have few, and no names for them
  venue.genesis.mutate_client_ids_per_account(16);
  const char* why = nullptr;
  core_ = core::Core::create(venue.genesis, &why);
  SAKER_ASSERT(core_ != nullptr);
  by_session_.resize(core_->session_capacity() + 1);
  apply(CommandKind::Genesis, 0, 0, bytes_of(venue.genesis));
  for (const engine::VenueCommand& command : venue.commands) {
    apply(command.kind, 0, 0, command.body);
  }
  markets_.resize(core_->market_count() + 1);
  for (std::uint32_t id = 1; id <= core_->market_count(); ++id) {
    markets_[id] = std::make_unique<Market>();
    markets_[id]->definition = core_->definition(MarketId{id});
    markets_[id]->full_ns = now_ns_;
  }
  for (const bots::BotConfig& config : bots::load_bots_config(bots_path).bots) {
    add_trader(config);
  }
}

void BotMarket::add_trader(const bots::BotConfig& config) {
  Market& market = *markets_[config.market];
  const proto::MarketDefinition& d = market.definition;
  auto trader = std::make_unique<Trader>(
      Trader{.config = config, .strategy = nullptr, .tracker = client::OrderTracker(config.session),
             .pauses = bots::Random(config.seed), .definition = d});
  if (const auto price = parse_decimal(config.start_price, d.price_decimals())) {
    if (*price > 0) market.anchor_ticks = static_cast<double>(*price / d.tick_size());
  }
  const auto target = parse_decimal(config.target_base, d.base_decimals());
  trader->target_lots = *target / d.lot_size();
  trader->most_inventory_lots = most_inventory(config);
  trader->strategy = bots::make_strategy(config, market.anchor_ticks);
  trader->strategy->begin(market.anchor_ticks);
  trader->tracker.define(d);
  for (const std::uint32_t asset : {d.base_asset(), d.quote_asset()}) {
    const core::BalanceView balance = core_->balance(AccountId{config.account}, AssetId{asset});
    trader->tracker.add_balance(
        proto::Balance(config.account, asset, balance.available, balance.held));
  }
  trader->start_quote = trader->quote();
  trader->start_base_lots = trader->base_lots();
  trader->looked_ns = trader->settled_ns = now_ns_;
  by_session_[config.session] = trader.get();
  const proto::SessionLogon logon(1, config.session, 1'000);
  apply(CommandKind::SessionLogon, 0, 0, bytes_of(logon));
  turns_.push({now_ns_ + pause_ns(*trader), traders_.size()});
  traders_.push_back(std::move(trader));
}

std::uint64_t BotMarket::pause_ns(Trader& trader) {
  const double interval = static_cast<double>(trader.config.interval_ns) * stretch_;
  const double part = trader.strategy->takes() ? 2 * trader.pauses.unit() : 1.0;
  return static_cast<std::uint64_t>(interval * part) + 1;
}

void BotMarket::run(std::uint64_t duration_ns) {
  const TimeNs end_ns = now_ns_ + duration_ns;
  while (turns_.top().at_ns <= end_ns) {
    const Turn turn = turns_.top();
    turns_.pop();
    now_ns_ = turn.at_ns;
    Trader& trader = *traders_[turn.trader];
    look(trader);
    watch(trader);
    watch(*markets_[trader.config.market]);
    turns_.push({now_ns_ + pause_ns(trader), turn.trader});
  }
  now_ns_ = end_ns;
}

void BotMarket::look(Trader& trader) {
  const client::OrderBook& book = markets_[trader.config.market]->book;
  const bots::MarketView view =
      bots::make_view(trader.definition, trader.tracker, trader.config.account,
                      trader.target_lots, book.best_bid_ticks(), book.best_ask_ticks());
  const double seconds = static_cast<double>(now_ns_ - trader.looked_ns) * 1e-9;
  trader.looked_ns = now_ns_;
  actions_.clear();
  trader.strategy->look(view, seconds, actions_);
  for (const bots::Action& action : actions_) perform(trader, action);
}

void BotMarket::perform(Trader& trader, const bots::Action& action) {
  ++trader.commands;
  const auto send = [&](CommandKind kind, const auto& wire) {
    apply(kind, trader.config.session, trader.next_number++, bytes_of(wire));
  };
  const std::uint32_t account = trader.config.account;
  switch (action.kind) {
    case ActionKind::kNew:
      return send(CommandKind::NewOrder,
                  client::to_wire(client::NewOrderRequest{.account = account,
                                                          .market = trader.config.market,
                                                          .side = action.side,
                                                          .type = action.type,
                                                          .time_in_force = action.time_in_force,
                                                          .price_ticks = action.price_ticks,
                                                          .quantity_lots = action.quantity_lots}));
    case ActionKind::kReplace:
      return send(CommandKind::ReplaceOrder,
                  client::to_wire(client::ReplaceOrderRequest{.account = account,
                                                              .order_id = action.order_id,
                                                              .price_ticks = action.price_ticks,
                                                              .quantity_lots =
                                                                  action.quantity_lots}));
    case ActionKind::kCancel:
      return send(CommandKind::CancelOrder,
                  client::to_wire(client::CancelOrderRequest{.account = account,
                                                             .order_id = action.order_id}));
  }
}

void BotMarket::apply(CommandKind kind, std::uint32_t session, std::uint64_t number, Bytes body) {
  engine::CommandBody aligned;
  std::memcpy(aligned.bytes.data(), body.data(), body.size());
  core::Command command;
  command.sequence = core_->sequence() + 1;
  command.time_ns = now_ns_;
  command.kind = kind;
  command.envelope.session = session;
  command.envelope.client_sequence = number;
  command.body = {aligned.bytes.data(), body.size()};
  core_->apply(command, out_);
  take_outputs();
  if (core_->has_urgent_job()) {
    const proto::Continue go_on(0, 0);
    apply(CommandKind::Continue, 0, 0, bytes_of(go_on));
  }
}

void BotMarket::take_outputs() {
  for (const proto::FeedMessage& message : out_.feed.view()) {
    if (message.market() == 0 || message.market() >= markets_.size()) continue;
    Market& market = *markets_[message.market()];
    SAKER_ASSERT(market.book.apply(message));
    market.trades += message.kind() == proto::FeedKind::OrderExecuted;
  }
  for (const proto::Report& report : out_.reports.view()) {
    Trader* trader = by_session_[report.session()];
    if (trader == nullptr) continue;
    trader->tracker.on_report(report);
    trader->fills += report.kind() == proto::ReportKind::OrderFilled;
    trader->rejects += report.kind() == proto::ReportKind::OrderRejected ||
                       report.kind() == proto::ReportKind::ReplaceRejected ||
                       report.kind() == proto::ReportKind::CancelRejected;
  }
}

void BotMarket::watch(Trader& trader) {
  trader.most_orders = std::max(trader.most_orders, trader.tracker.open_orders());
  const std::int64_t away = std::abs(trader.inventory_lots());
  trader.farthest_lots = std::max(trader.farthest_lots, away);
  if (away * 4 <= trader.most_inventory_lots) trader.settled_ns = now_ns_;
  trader.longest_away_ns = std::max(trader.longest_away_ns, now_ns_ - trader.settled_ns);
}

void BotMarket::watch(Market& market) {
  market.most_orders = std::max(market.most_orders, market.book.order_count());
  const std::int64_t bid = market.book.best_bid_ticks();
  const std::int64_t ask = market.book.best_ask_ticks();
  if (bid == 0 || ask == 0) {
    market.longest_empty_ns = std::max(market.longest_empty_ns, now_ns_ - market.full_ns);
    return;
  }
  market.full_ns = now_ns_;
  const double middle = static_cast<double>(bid + ask) / 2 / market.anchor_ticks;
  if (market.lowest == 0) market.lowest = market.highest = middle;
  market.lowest = std::min(market.lowest, middle);
  market.highest = std::max(market.highest, middle);
}

}  // namespace saker::sim
