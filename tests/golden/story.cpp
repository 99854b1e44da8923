#include "tests/golden/story.hpp"

#include <set>

namespace saker::golden {

namespace {

void append_name(std::string& names, const char* name) {
  names += names.empty() ? "" : " ";
  names += name;
}

}  // namespace

std::array<Story, 3> stories(std::uint64_t seed) {
  // Everything that a venue knows, close together: thin books that sweeps empty, money and
  // administration as often as orders.
  sim::GeneratorConfig venue = sim::generator_profile("balanced", seed);
  venue.funds = 90;
  venue.proposal = 90;
  venue.administration = 50;
  venue.kill_switch = 3;
  venue.session = 25;
  venue.mass_cancel = 15;
  venue.sweep_ppm = 25'000;
  venue.mutate_ppm = 60'000;
  venue.wrong_party_ppm = 40'000;
  venue.stale_ppm = 50'000;
  venue.usual_lots = 8;
  venue.spread_ticks = 12;
  venue.aggressive_ppm = 120'000;
  venue.target_open_orders = 300;
  venue.orders = 1'024;
  venue.price_leaves = 256;
  venue.deposit = 1'000'000'000;
  venue.markets = 2;
  venue.extreme_ppm = 40'000;
  // One in which every table is full.
  sim::GeneratorConfig tight = sim::generator_profile("tight", seed);
  tight.storm_ppm = 500'000;
  tight.kill_switch = 5;
  tight.administration = 40;
  tight.mutate_ppm = 150'000;
  tight.price_leaves = 8;
  // And one of mass cancels and kill switches, more than there is room for.
  sim::GeneratorConfig storm = sim::generator_profile("jobs", seed);
  storm.rule_version = core::kNewestRules - 1;  // the newest come into force on the way
  storm.changes_rules = false;
  storm.new_order = 1'200;
  storm.cancel_order = 0;
  storm.replace_order = 30;
  storm.mass_cancel = 3;
  storm.kill_switch = 1;
  storm.target_open_orders = 900;
  storm.continue_ppm = 30'000;
  storm.storm_ppm = 100'000;
  storm.orders = 2'048;
  storm.price_leaves = 256;
  return {{{"venue", venue, 2'400}, {"tight", tight, 1'200}, {"storm", storm, 1'400}}};
}

void Coverage::count(proto::CommandKind kind, const core::Output& out) {
  commands_[raw(kind)] = true;
  for (const proto::Report& report : out.reports.view()) {
    reports_[raw(report.kind())] = true;
    reasons_[raw(report.reason())] = true;
  }
  for (const proto::FeedMessage& message : out.feed.view()) feed_[raw(message.kind())] = true;
  for (const core::LedgerLeg& leg : out.legs.view()) legs_[raw(leg.reason)] = true;
}

void Coverage::add(const Coverage& other) {
  const auto unite = [](auto& mine, const auto& theirs) {
    for (std::size_t i = 0; i < mine.size(); ++i) mine[i] |= theirs[i];
  };
  unite(commands_, other.commands_);
  unite(reports_, other.reports_);
  unite(feed_, other.feed_);
  unite(legs_, other.legs_);
  unite(reasons_, other.reasons_);
}

std::string Coverage::missing_kinds() const {
  std::string names;
  for (const proto::CommandKind kind : proto::EnumValuesCommandKind()) {
    if (kind == proto::CommandKind::None || commands_[raw(kind)]) continue;
    append_name(names, proto::EnumNameCommandKind(kind));
  }
  for (const proto::ReportKind kind : proto::EnumValuesReportKind()) {
    if (kind == proto::ReportKind::None || reports_[raw(kind)]) continue;
    append_name(names, proto::EnumNameReportKind(kind));
  }
  for (const proto::FeedKind kind : proto::EnumValuesFeedKind()) {
    if (kind == proto::FeedKind::None || feed_[raw(kind)]) continue;
    append_name(names, proto::EnumNameFeedKind(kind));
  }
  constexpr const char* kLegs[] = {"Trade", "Fee", "Deposit", "Withdrawal", "Transfer", "Bust"};
  for (std::size_t i = 0; i < std::size(kLegs); ++i) {
    if (!legs_[i + 1]) append_name(names, (std::string("leg") + kLegs[i]).c_str());
  }
  return names;
}

std::string Coverage::missing_reasons() const {
  using proto::Reason;
  // Given by the session layer, not by the core; or by nothing yet.
  static const std::set<Reason> elsewhere = {
      Reason::BUSY_OUTPUT_FULL,      Reason::BUSY_LOG_FULL,        Reason::BUSY_DISK_FULL,
      Reason::BUSY_RATE,             Reason::BUSY_WINDOW_EXCEEDED, Reason::SKIPPED_NEVER_APPLIED,
      Reason::OUTCOME_EXPIRED,       Reason::UNKNOWN_COMMAND,      Reason::ADMIN_ALREADY_EXISTS,
      Reason::LOGON_VERSION_UNSUPPORTED, Reason::LOGON_BAD_CONFIRM, Reason::LOGON_DISABLED};
  std::string names;
  for (const Reason reason : proto::EnumValuesReason()) {
    if (elsewhere.count(reason) != 0 || reasons_[raw(reason)]) continue;
    append_name(names, proto::EnumNameReason(reason));
  }
  return names;
}

}  // namespace saker::golden
