// Choosing the next command, and following what became of it.
#include "sim/command_generator.hpp"

namespace saker::sim {

using proto::CommandKind;
using proto::ReportKind;

namespace {

constexpr std::uint32_t kAdminSession = 1;
constexpr std::uint64_t kSecondNs = 1'000'000'000;

}  // namespace

CommandGenerator::CommandGenerator(const GeneratorConfig& config)
    : config_(config), rng_(config.seed) {
  prepare_setup();
}

core::Command CommandGenerator::next(bool urgent_job, bool job) {
  time_ns_ += rng_.chance(100'000) ? 0 : rng_.below(rng_.chance(1'000) ? kSecondNs : 10'000);
  current_client_sequence_ = 0;
  if (in_setup()) {
    current_ = setup_[setup_at_++];
  } else if (urgent_job) {
    put(CommandKind::Continue, 0, proto::Continue(0, 0));
  } else if (drain_ != Drain::kNone) {
    next_drain(job);
  } else if (storm_left_ > 0) {
    --storm_left_;
    (this->*storm_)();
  } else if (job && rng_.chance(config_.continue_ppm)) {
    put(CommandKind::Continue, 0, proto::Continue(0, 0));
  } else if (!repair()) {
    choose();
  }
  return finish();
}

core::Command CommandGenerator::finish() {
  counts_[static_cast<std::size_t>(current_.kind)] += 1;
  core::Command command;
  command.sequence = ++sequence_;
  command.time_ns = time_ns_;
  command.kind = current_.kind;
  command.body = {current_.body.data(), core::body_size(current_.kind)};
  if (core::is_client_command(current_.kind) && current_.session != 0) {
    if (drain_ == Drain::kNone && rng_.chance(config_.mutate_ppm)) mutate();
    current_client_sequence_ = next_client_sequence(current_.session);
    command.envelope.session = current_.session;
    command.envelope.client_sequence = current_client_sequence_;
    command.envelope.received_ns = time_ns_ - 1'000;
    command.envelope.received_source = 1;
  }
  return command;
}

/// One word of the body becomes a value at some limit.
void CommandGenerator::mutate() {
  constexpr std::int64_t kBoundaries[] = {
      0, 1, 2, 3, 4, 5, 17, 255, 256, 999'999, 1'000'000, std::int64_t{1} << 30,
      std::int64_t{1} << 31, std::int64_t{1} << 32, std::int64_t{1} << 40, std::int64_t{1} << 61,
      std::int64_t{1} << 62, INT64_MAX, INT64_MIN};
  const std::size_t size = core::body_size(current_.kind);
  constexpr std::size_t kWidths[] = {8, 4, 1};
  const std::size_t width = kWidths[rng_.below(3)];
  const std::size_t at = rng_.below(size / width) * width;
  std::uint64_t value = static_cast<std::uint64_t>(
      kBoundaries[rng_.below(std::size(kBoundaries))]);
  if (rng_.chance(400'000)) {  // or one beside what it was
    value = 0;
    std::memcpy(&value, current_.body.data() + at, width);
  }
  value += rng_.below(3) - 1;
  std::memcpy(current_.body.data() + at, &value, width);
}

/// Mostly the next number; sometimes numbers are skipped, and later some of those are used.
std::uint64_t CommandGenerator::next_client_sequence(std::uint32_t session) {
  SessionState& state = sessions_[session - 1];
  if (!state.skipped.empty() && rng_.chance(300'000)) {
    const std::uint64_t late = state.skipped.back();
    state.skipped.pop_back();
    if (late + 256 > state.highest) return late;
  }
  if (rng_.chance(10'000)) {
    const std::uint64_t gap = 1 + rng_.below(rng_.chance(50'000) ? 1'023 : 8);
    for (std::uint64_t i = 1; i <= gap && i <= 8; ++i) state.skipped.push_back(state.highest + i);
    state.highest += gap;
  }
  return ++state.highest;
}

/// Undoes what would keep the stream from trading: closed markets, kill switches, lost sessions.
bool CommandGenerator::repair() {
  if (!rng_.chance(60'000)) return false;
  for (std::uint32_t session = 1; session <= sessions_.size(); ++session) {
    if (sessions_[session - 1].connected || !rng_.chance(500'000)) continue;
    logon(session);
    return true;
  }
  for (std::uint32_t market = 1; market <= markets_.size(); ++market) {
    if (markets_[market - 1].open || !rng_.chance(500'000)) continue;
    put(CommandKind::SetMarketPhase, kAdminSession,
        proto::SetMarketPhase(market, proto::MarketPhase::Open, 0, 0));
    return true;
  }
  if (engaged_.empty() || rng_.chance(500'000)) return false;
  proto::KillSwitch lift = engaged_[rng_.below(engaged_.size())];
  lift.mutate_engaged(0);
  put(CommandKind::KillSwitch, kAdminSession, lift);
  return true;
}

void CommandGenerator::choose() {
  const GeneratorConfig& c = config_;
  struct Choice {
    std::uint32_t weight;
    void (CommandGenerator::*make)();
  };
  const bool crowded = live_.size() > c.target_open_orders;
  const Choice choices[] = {
      {crowded ? c.new_order / 3 : c.new_order, &CommandGenerator::make_new_order},
      {crowded ? 2 * c.cancel_order : c.cancel_order / 5, &CommandGenerator::make_cancel},
      {c.replace_order, &CommandGenerator::make_replace},
      {c.mass_cancel, &CommandGenerator::make_mass_cancel},
      {c.session, &CommandGenerator::choose_session_command},
      {c.funds, &CommandGenerator::make_funds},
      {c.proposal, &CommandGenerator::make_proposal},
      {c.administration, &CommandGenerator::make_administration},
      {c.kill_switch, &CommandGenerator::make_kill_switch},
  };
  std::uint64_t total = 0;
  for (const Choice& choice : choices) total += choice.weight;
  std::uint64_t at = rng_.below(total);
  for (const Choice& choice : choices) {
    if (at < choice.weight) return (this->*choice.make)();
    at -= choice.weight;
  }
}

/// Now and then a command comes again and again, and no job gets on in between; when there are
/// enough orders for many jobs.
void CommandGenerator::maybe_storm(void (CommandGenerator::*make)()) {
  if (storm_left_ != 0 || live_.size() < config_.target_open_orders / 3) return;
  if (!rng_.chance(config_.storm_ppm)) return;
  storm_ = make;
  storm_left_ = 24;
}

void CommandGenerator::choose_session_command() {
  const auto session = static_cast<std::uint32_t>(1 + rng_.below(sessions_.size()));
  SessionState& state = sessions_[session - 1];
  switch (rng_.below(5)) {
    case 0: return put(CommandKind::AdvanceClock, 0, proto::AdvanceClock(0));
    case 1: return put(CommandKind::StateMarker, 0, proto::StateMarker(0));
    case 2: return logon(session);
    case 3:
      state.connected = false;
      return put(CommandKind::SessionLogoff, 0, proto::SessionLogoff(session, 0));
    default:
      state.connected = false;
      return put(CommandKind::SessionTimedOut, 0, proto::SessionTimedOut(session, 0));
  }
}

void CommandGenerator::logon(std::uint32_t session) {
  SessionState& state = sessions_[session - 1];
  state.connected = true;
  put(CommandKind::SessionLogon, 0, proto::SessionLogon(++state.connections, session, 1'000));
}

/// Finish what runs, cancel everything there is, finish that.
void CommandGenerator::next_drain(bool job) {
  if (job) return put(CommandKind::Continue, 0, proto::Continue(0, 0));
  switch (drain_) {
    case Drain::kFinishJobs:
      drain_ = Drain::kCancelAll;
      return logon(kAdminSession);
    case Drain::kCancelAll:
      drain_ = Drain::kFinishCancel;
      return put(CommandKind::MassCancel, kAdminSession,
                 proto::MassCancel(77, 0, 0, proto::Scope::All, 0, 0, 0));
    default:
      drain_ = Drain::kDone;
      return put(CommandKind::AdvanceClock, 0, proto::AdvanceClock(0));
  }
}

// -- whom and what ------------------------------------------------------------------------------

CommandGenerator::Party CommandGenerator::pick_party() {
  if (parties_.empty() || rng_.chance(config_.wrong_party_ppm)) {
    Party party;
    party.session = static_cast<std::uint32_t>(1 + rng_.below(sessions_.size()));
    party.account = static_cast<std::uint32_t>(rng_.below(accounts_ + 2));
    return party;
  }
  return parties_[rng_.below(parties_.size())];
}

std::uint32_t CommandGenerator::pick_account() {
  return static_cast<std::uint32_t>(1 + rng_.below(accounts_));
}

std::uint32_t CommandGenerator::pick_asset() {
  return static_cast<std::uint32_t>(1 + rng_.below(assets_));
}

std::uint32_t CommandGenerator::pick_market() {
  return static_cast<std::uint32_t>(1 + rng_.below(markets_.size()));
}

/// New for the account, or used before by somebody.
std::uint64_t CommandGenerator::pick_client_id(std::uint32_t account) {
  if (rng_.chance(50'000)) return 0;
  if (rng_.chance(config_.duplicate_id_ppm) && !live_.empty()) {
    for (int tries = 0; tries < 8; ++tries) {
      const LiveOrder& order = live_[rng_.below(live_.size())];
      if (order.account == account) return order.client_order_id;
    }
    return next_client_id_ - rng_.below(std::min<std::uint64_t>(next_client_id_, 100));
  }
  return ++next_client_id_;
}

// -- what became of it --------------------------------------------------------------------------

void CommandGenerator::on_reports(std::span<const proto::Report> reports) {
  for (const proto::Report& report : reports) {
    switch (report.kind()) {
      case ReportKind::OrderAccepted: note_new_order(report); break;
      case ReportKind::OrderFilled:
      case ReportKind::OrderReplaced: note_order(report); break;
      case ReportKind::OrderCancelled: forget_order(report.order_id()); break;
      case ReportKind::AdminAccepted: note_admin(report); break;
      default: break;
    }
  }
}

void CommandGenerator::note_new_order(const proto::Report& report) {
  live_at_[report.order_id()] = live_.size();
  LiveOrder& order = live_.emplace_back();
  order.id = report.order_id();
  order.client_order_id = report.client_order_id();
  order.price = report.price_ticks();
  order.quantity = report.quantity_lots();
  order.leaves = report.leaves_lots();
  order.account = report.account();
  order.market = report.market();
  order.session = report.session();
}

void CommandGenerator::note_order(const proto::Report& report) {
  const auto found = live_at_.find(report.order_id());
  if (found == live_at_.end()) return;
  LiveOrder& order = live_[found->second];
  order.leaves = report.leaves_lots();
  if (report.kind() == ReportKind::OrderReplaced) {
    if (report.account_sequence() == 0) return;  // the former owner's copy
    order.client_order_id = report.client_order_id();
    order.price = report.price_ticks();
    order.quantity = report.quantity_lots();
    order.session = report.session();
    return;
  }
  last_trade_ = report.trade_id();
  MarketState& market = markets_[report.market() - 1];
  market.middle = (3 * market.middle + report.price_ticks()) / 4;
  if (order.leaves == 0) forget_order(order.id);
}

void CommandGenerator::forget_order(std::uint64_t id) {
  const auto found = live_at_.find(id);
  if (found == live_at_.end()) return;
  const std::size_t at = found->second;
  gone_[gone_count_++ % gone_.size()] = live_[at];
  live_at_.erase(found);
  if (at + 1 != live_.size()) {
    live_[at] = live_.back();
    live_at_[live_[at].id] = at;
  }
  live_.pop_back();
}

void CommandGenerator::note_admin(const proto::Report& report) {
  const auto body = [&](auto empty) {
    std::memcpy(static_cast<void*>(&empty), current_.body.data(), sizeof(empty));
    return empty;
  };
  switch (current_.kind) {
    case CommandKind::AddAsset: ++assets_; break;
    case CommandKind::AddFirm: ++firms_; break;
    case CommandKind::AddGroup: ++groups_; break;
    case CommandKind::AddAccount: ++accounts_; break;
    case CommandKind::AddSession: sessions_.emplace_back(); break;
    case CommandKind::AddMarket: {
      MarketState& market = markets_.emplace_back();
      market.params = body(proto::AddMarket()).params();
      break;
    }
    case CommandKind::SetMarketParams: {
      const auto c = body(proto::SetMarketParams());
      markets_[c.market() - 1].params = c.params();
      break;
    }
    case CommandKind::SetMarketPhase: {
      const auto c = body(proto::SetMarketPhase());
      markets_[c.market() - 1].open = c.phase() == proto::MarketPhase::Open;
      break;
    }
    case CommandKind::GrantAccount: {
      const auto c = body(proto::GrantAccount());
      const bool trades = (static_cast<std::uint32_t>(c.rights()) & 1) != 0;
      if (trades && parties_.size() < 64) parties_.push_back({c.session(), c.account()});
      break;
    }
    case CommandKind::WithdrawHold:
      withdrawals_.push_back(report.client_order_id());
      break;
    case CommandKind::ProposeTransfer:
    case CommandKind::ProposeTradeBust:
      proposals_.push_back(report.order_id());
      if (proposals_.size() > config_.proposals) proposals_.erase(proposals_.begin());
      break;
    case CommandKind::KillSwitch: {
      const auto c = body(proto::KillSwitch());
      std::erase_if(engaged_, [&](const proto::KillSwitch& e) {
        return e.scope() == c.scope() && e.scope_id() == c.scope_id();
      });
      if (c.engaged() == 1) engaged_.push_back(c);
      break;
    }
    case CommandKind::RollTradingDay: trading_day_ = body(proto::RollTradingDay()).day(); break;
    default: break;
  }
}

}  // namespace saker::sim
