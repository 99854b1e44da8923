// Scenarios: what is said about it, and whether that is what happened.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core/scenario.hpp"

namespace saker::core {

using proto::FeedKind;
using proto::ReportKind;
using proto::Side;

namespace {

const char* side_name(Side side) { return side == Side::Buy ? "buy" : "sell"; }

std::string mistaken(std::string_view expected, std::string_view is) {
  return fmt::format("expected: {}\n     got: {}", expected, is.empty() ? "nothing" : is);
}

/// CANCEL_SELF_TRADE -> self_trade.
std::string cancel_name(proto::Reason reason) {
  std::string name = proto::EnumNameReason(reason);
  if (name.rfind("CANCEL_", 0) == 0) name = name.substr(7);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

/// All of `wanted`, in this order, somewhere in `is`.
bool says(const std::string& is, const Words& wanted) {
  const Words words = split_words(is);
  auto at = words.begin();
  for (const std::string& word : wanted) {
    at = std::find(at, words.end(), word);
    if (at == words.end()) return false;
    ++at;
  }
  return true;
}

std::optional<std::string> unless_equal(const std::string& expected, const std::string& is) {
  if (expected == is) return {};
  return mistaken(expected, is);
}

}  // namespace

// -- reports ------------------------------------------------------------------------------------

std::string ScenarioWorld::who(const proto::Report& report) const {
  return report.session() != 0 ? session_names_.at(report.session())
                               : account_names_.at(report.account());
}

std::string ScenarioWorld::label_of(std::uint64_t order_id) const {
  const auto found = label_names_.find(order_id);
  return found == label_names_.end() ? "#?" : found->second;
}

std::string ScenarioWorld::render_order(const proto::Report& r) const {
  const std::string lots = fmt::format("{} {} @ {}", label_of(r.order_id()), r.quantity_lots(),
                                       r.price_ticks());
  switch (r.kind()) {
    case ReportKind::OrderAccepted: return "accepted " + lots;
    case ReportKind::OrderFilled:
      return fmt::format("filled {} leaves {} fee {} {}", lots, r.leaves_lots(),
                         r.amount_minor(),
                         r.liquidity() == proto::Liquidity::Maker ? "maker" : "taker");
    case ReportKind::OrderCancelled:
      return fmt::format("cancelled {} {} traded {}", label_of(r.order_id()),
                         cancel_name(r.reason()), r.cumulative_lots());
    default: return fmt::format("replaced {} leaves {}", lots, r.leaves_lots());
  }
}

std::string ScenarioWorld::render(const proto::Report& r) const {
  const char* reason = proto::EnumNameReason(r.reason());
  switch (r.kind()) {
    case ReportKind::OrderAccepted:
    case ReportKind::OrderFilled:
    case ReportKind::OrderCancelled:
    case ReportKind::OrderReplaced:
      return render_order(r) + (r.account_sequence() == 0 ? " copy" : "");
    case ReportKind::OrderRejected:
      return fmt::format("rejected {} {}", reason,
                         r.order_id() == 0 ? "" : label_of(r.order_id()));
    case ReportKind::CancelRejected: return fmt::format("cancel_rejected {}", reason);
    case ReportKind::ReplaceRejected: return fmt::format("replace_rejected {}", reason);
    case ReportKind::MassCancelAccepted:
      return fmt::format("mass_cancel ok ref {}", r.client_order_id());
    case ReportKind::MassCancelRejected: return fmt::format("mass_cancel_rejected {}", reason);
    case ReportKind::MassCancelDone:
      return fmt::format("mass_cancel done {} ref {}", r.cumulative_lots(), r.client_order_id());
    case ReportKind::AdminAccepted: return fmt::format("ok proposal {}", r.order_id());
    case ReportKind::AdminRejected: return fmt::format("refused {}", reason);
    case ReportKind::FundsChanged:
      return fmt::format("funds {} {:+} available {} held {}", asset_names_.at(r.market()),
                         r.amount_minor(), r.leaves_lots(), r.cumulative_lots());
    case ReportKind::TradeBusted:
      return fmt::format("busted trade {} {} {} @ {}", r.trade_id(), side_name(r.side()),
                         r.quantity_lots(), r.price_ticks());
    case ReportKind::None: break;
  }
  return "?";
}

std::string ScenarioWorld::all_reports() const {
  std::string result;
  for (const proto::Report& report : out_.reports.view()) {
    if (!result.empty()) result += "; ";
    result += fmt::format("{}: {}", who(report), render(report));
  }
  return result;
}

/// Checks one expectation against the reports from `index` on: "NAME: words",
/// "40 * words", "A/B: words" (to either).
ScenarioWorld::Error ScenarioWorld::match_report(std::size_t& index, const std::string& expected,
                                                 const std::string& actor) {
  Words words = split_words(expected);
  std::size_t times = 1;
  if (words.size() > 2 && words[1] == "*") {
    times = std::stoul(words[0]);
    words.erase(words.begin(), words.begin() + 2);
  }
  std::string subject = actor;
  if (words[0].back() == ':') {
    subject = words[0].substr(0, words[0].size() - 1);
    words.erase(words.begin());
  }
  const auto mistake = [&] { return mistaken(expected, all_reports()); };
  for (; times > 0; --times, ++index) {
    if (index >= out_.reports.size()) return mistake();
    const proto::Report& report = out_.reports[index];
    if (report.kind() == ReportKind::OrderAccepted) {
      for (const std::string& word : words) {
        if (word[0] != '#') continue;
        labels_[word] = report.order_id();
        label_names_[report.order_id()] = word;
      }
    }
    const Words subjects = split_parts(subject, "/");
    const bool told = std::find(subjects.begin(), subjects.end(), who(report)) != subjects.end();
    if (!told || !says(render(report), words)) return mistake();
  }
  return {};
}

/// Every report of the last command is expected, in this order.
ScenarioWorld::Error ScenarioWorld::check_reports(const std::string& expected,
                                                  const std::string& actor) {
  const std::string session = actor.substr(0, actor.find(':'));
  std::size_t index = 0;
  for (const std::string& part : split_parts(expected, ";")) {
    if (part == "nothing") continue;
    if (Error error = match_report(index, part, session)) return error;
  }
  if (index == out_.reports.size()) return {};
  return mistaken(expected.empty() ? "nothing" : expected, all_reports());
}

// -- feed ---------------------------------------------------------------------------------------

std::string ScenarioWorld::render(const proto::FeedMessage& m) const {
  const std::string lots = fmt::format("{} {} @ {} leaves {}", side_name(m.side()),
                                       m.quantity_lots(), m.price_ticks(), m.leaves_lots());
  switch (m.kind()) {
    case FeedKind::OrderAdded: return "added " + lots;
    case FeedKind::OrderExecuted: return "executed " + lots;
    case FeedKind::OrderReduced: return "reduced " + lots;
    case FeedKind::OrderDeleted: return "deleted " + lots;
    case FeedKind::PhaseChanged:
      return fmt::format("phase {}", proto::EnumNameMarketPhase(
                                         static_cast<proto::MarketPhase>(m.value())));
    case FeedKind::BandChanged:
      return fmt::format("band {} .. {}", m.price_ticks(), m.quantity_lots());
    case FeedKind::MarketDefined: return "defined";
    case FeedKind::TradeBusted: return fmt::format("busted trade {}", m.trade_id());
    case FeedKind::TradingDay: return fmt::format("day {}", m.trade_id());
    case FeedKind::None: break;
  }
  return "?";
}

/// feed PART; PART…: what everybody saw of the last command.
ScenarioWorld::Error ScenarioWorld::check_feed(const std::string& expected) {
  std::string is;
  for (const proto::FeedMessage& message : out_.feed.view()) {
    if (!is.empty()) is += "; ";
    is += render(message);
  }
  const Words parts = split_parts(expected, ";");
  const bool nothing = parts.size() == 1 && parts[0] == "nothing";
  bool same = nothing ? out_.feed.empty() : parts.size() == out_.feed.size();
  for (std::size_t i = 0; same && !nothing && i < parts.size(); ++i) {
    same = says(render(out_.feed[i]), split_words(parts[i]));
  }
  if (same) return {};
  return mistaken(expected, is);
}

// -- state --------------------------------------------------------------------------------------

ScenarioWorld::Error ScenarioWorld::check_state(const Words& words) {
  if (words[0] == "book") return check_book(words);
  if (words[0] == "balances") return check_balances(words);
  const std::string& what = words.at(1);
  if (what == "job" || what == "idle" || what == "sweep") {
    const std::string is = core_->has_urgent_job() ? "sweep" : core_->has_job() ? "job" : "idle";
    return unless_equal(what, is);
  }
  if (what == "orders") return unless_equal(words.at(2), std::to_string(core_->open_order_count()));
  if (words.size() == 4 && words[2] == "reuses") {
    const std::uint64_t a = label_id(words[1]);
    const std::uint64_t b = label_id(words[3]);
    const bool reuses = static_cast<std::uint32_t>(a) == static_cast<std::uint32_t>(b) &&
                        (a >> 32) == (b >> 32) + 1;
    if (reuses) return {};
    return fmt::format("{} does not have the next generation of the slot of {}", words[1],
                       words[3]);
  }
  return "what is there to expect?";
}

std::string ScenarioWorld::render_book(Side side, MarketId market) const {
  std::string result;
  core_->for_each_book_order(market, side, [&](const proto::BookOrder& order) {
    result += fmt::format(" {}@{}", order.quantity_lots(), order.price_ticks());
  });
  return result.empty() ? " -" : result;
}

/// book [X/Y] bids 5@100 3@99 asks -: every order, best first, oldest first.
ScenarioWorld::Error ScenarioWorld::check_book(const Words& words) {
  std::size_t at = 1;
  MarketId market{1};
  if (words.at(1).find('/') != std::string::npos) market = MarketId{markets_.at(words[at++])};
  std::string expected;
  for (; at < words.size(); ++at) {
    if (!expected.empty()) expected += ' ';
    expected += words[at];
  }
  return unless_equal(expected, fmt::format("bids{} asks{}", render_book(Side::Buy, market),
                                            render_book(Side::Sell, market)));
}

/// balances NAME ASSET AVAILABLE [held N] …; held is 0 where it is not said.
ScenarioWorld::Error ScenarioWorld::check_balances(const Words& words) {
  const AccountId account{accounts_.at(words.at(1))};
  for (std::size_t at = 2; at < words.size();) {
    const std::string& name = words[at];
    const BalanceView b = core_->balance(account, AssetId{asset(name)});
    const std::string amount = words.at(at + 1);
    at += 2;
    std::string held = "0";
    if (at < words.size() && words[at] == "held") {
      held = words.at(at + 1);
      at += 2;
    }
    const std::string expected = fmt::format("{} {} held {}", name, amount, held);
    if (Error error = unless_equal(
            expected, fmt::format("{} {} held {}", name, b.available, b.held))) {
      return error;
    }
  }
  return {};
}

}  // namespace saker::core
