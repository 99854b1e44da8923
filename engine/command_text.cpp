#include "engine/command_text.hpp"

#include <array>
#include <cstdio>

#include "engine/text_line.hpp"

namespace saker::engine {
namespace {

template <class Array>
std::string symbol_of(const Array* array) {
  return escaped_text({reinterpret_cast<const char*>(array->data()), array->size()});
}

/// Days since 1970-01-01 as year, month, day (the civil calendar shifted to begin in March, so
/// that the leap day is the last of its year).
void civil_date(std::uint64_t days, unsigned& year, unsigned& month, unsigned& day) {
  const std::uint64_t shifted = days + 719468;
  const std::uint64_t era = shifted / 146097;
  const std::uint64_t day_of_era = shifted % 146097;
  const std::uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint64_t march_month = (5 * day_of_year + 2) / 153;
  day = static_cast<unsigned>(day_of_year - (153 * march_month + 2) / 5 + 1);
  month = static_cast<unsigned>(march_month < 10 ? march_month + 3 : march_month - 9);
  year = static_cast<unsigned>(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
}

}  // namespace

void CommandNames::learn(const core::Command& command) {
  if (command.kind == proto::CommandKind::AddAsset) {
    if (command.body.size() != sizeof(proto::AddAsset)) return;
    const auto& add = command.as<proto::AddAsset>();
    if (add.decimals() > 18 || add.asset() == 0) return;
    if (add.asset() == assets_.size() + 1) assets_.emplace_back();
    if (add.asset() != assets_.size()) return;
    assets_.back() = {symbol_of(add.symbol()), add.decimals()};
  } else if (command.kind == proto::CommandKind::AddMarket) {
    if (command.body.size() != sizeof(proto::AddMarket)) return;
    const auto& add = command.as<proto::AddMarket>();
    if (add.price_decimals() > 18 || add.market() == 0) return;
    if (add.market() == markets_.size() + 1) markets_.emplace_back();
    if (add.market() != markets_.size()) return;
    markets_.back() = {symbol_of(add.symbol()), add.tick_size(),  add.lot_size(),
                       add.base_asset(),        add.quote_asset(), add.price_decimals()};
  }
}

void CommandNames::learn(const proto::MarketDefinition& d) {
  const auto asset = [this](std::uint32_t id, std::string symbol, unsigned decimals) {
    if (id == 0 || decimals > 18) return;
    if (id > assets_.size()) assets_.resize(id);
    assets_[id - 1] = {std::move(symbol), decimals};
  };
  if (d.market() == 0 || d.price_decimals() > 18) return;
  asset(d.base_asset(), symbol_of(d.base_symbol()), d.base_decimals());
  asset(d.quote_asset(), symbol_of(d.quote_symbol()), d.quote_decimals());
  if (d.market() > markets_.size()) markets_.resize(d.market());
  markets_[d.market() - 1] = {symbol_of(d.symbol()), d.tick_size(),   d.lot_size(),
                              d.base_asset(),        d.quote_asset(), d.price_decimals()};
}

const CommandNames::Asset* CommandNames::asset(std::uint32_t id) const {
  return id == 0 || id > assets_.size() || assets_[id - 1].symbol.empty() ? nullptr
                                                                           : &assets_[id - 1];
}

const CommandNames::Market* CommandNames::market(std::uint32_t id) const {
  return id == 0 || id > markets_.size() || markets_[id - 1].symbol.empty() ? nullptr
                                                                             : &markets_[id - 1];
}

std::string decimal_text(Int128 value, unsigned decimals) {
  SAKER_ASSERT(decimals <= 38);
  __extension__ using Unsigned = unsigned __int128;
  const bool negative = value < 0;
  Unsigned rest = negative ? -static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
  std::string digits;
  for (unsigned n = 0; rest != 0 || n <= decimals; ++n) {
    if (n == decimals && decimals != 0) digits.push_back('.');
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  if (negative) digits.push_back('-');
  return {digits.rbegin(), digits.rend()};
}

std::string time_text(TimeNs time_ns) {
  const std::uint64_t seconds = time_ns / 1'000'000'000;
  unsigned year = 0, month = 0, day = 0;
  civil_date(seconds / 86400, year, month, day);
  const auto of_day = static_cast<unsigned>(seconds % 86400);
  char text[64];
  std::snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ", year, month, day,
                of_day / 3600, of_day / 60 % 60, of_day % 60,
                static_cast<unsigned>(time_ns % 1'000'000'000));
  return text;
}

std::string escaped_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c == '\0') break;
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text.push_back(c);
    } else {
      char hex[8];
      std::snprintf(hex, sizeof(hex), "\\x%02x", static_cast<unsigned char>(c));
      text.append(hex);
    }
  }
  return text;
}

std::string rights_text(proto::Rights rights) {
  std::string text;
  std::uint32_t left = raw(rights);
  for (const proto::Rights right : proto::EnumValuesRights()) {
    if ((left & raw(right)) == 0) continue;
    left &= ~raw(right);
    text.append(text.empty() ? "" : "|").append(proto::EnumNameRights(right));
  }
  if (left != 0) text.append(text.empty() ? "" : "|").append(std::to_string(left));
  return text.empty() ? "0" : text;
}

TextLine& TextLine::asset(std::string_view name, std::uint32_t id) {
  const auto* known = names_ != nullptr ? names_->asset(id) : nullptr;
  return word(name, known != nullptr ? known->symbol : std::to_string(id));
}

TextLine& TextLine::market(std::uint32_t id) {
  const auto* known = names_ != nullptr ? names_->market(id) : nullptr;
  return word("market", known != nullptr ? known->symbol : std::to_string(id));
}

TextLine& TextLine::amount(std::string_view name, std::int64_t minor, std::uint32_t asset) {
  const auto* known = names_ != nullptr ? names_->asset(asset) : nullptr;
  if (known == nullptr) return number(std::string(name) + "_minor", minor);
  return word(name, decimal_text(minor, known->decimals));
}

TextLine& TextLine::price(std::string_view name, std::int64_t ticks, std::uint32_t market) {
  const auto* known = names_ != nullptr ? names_->market(market) : nullptr;
  if (known == nullptr) return number(std::string(name) + "_ticks", ticks);
  return word(name, decimal_text(Int128{ticks} * known->tick_size, known->price_decimals));
}

TextLine& TextLine::quantity(std::string_view name, std::int64_t lots, std::uint32_t market) {
  const auto* known = names_ != nullptr ? names_->market(market) : nullptr;
  const auto* base = known != nullptr ? names_->asset(known->base_asset) : nullptr;
  if (base == nullptr) return number(std::string(name) + "_lots", lots);
  return word(name, decimal_text(Int128{lots} * known->lot_size, base->decimals));
}

std::string event_text(const proto::Report& r) {
  TextLine line(enum_text(r.kind(), proto::EnumNameReportKind), nullptr);
  line.number("session", r.session()).number("report", r.report_sequence());
  line.given("account", r.account()).given("account_sequence", r.account_sequence());
  line.number("engine_sequence", r.engine_sequence());
  line.given("client_sequence", r.client_sequence()).given("client_order_id", r.client_order_id());
  line.given("order_id", r.order_id()).given("trade_id", r.trade_id());
  line.given("market", r.market()).name("side", r.side(), proto::EnumNameSide);
  line.given("price_ticks", r.price_ticks()).given("quantity_lots", r.quantity_lots());
  line.number("leaves", r.leaves_lots()).number("cumulative", r.cumulative_lots());
  line.given("amount_minor", r.amount_minor());
  if (r.liquidity() != proto::Liquidity::None) {
    line.name("liquidity", r.liquidity(), proto::EnumNameLiquidity);
  }
  if (r.reason() != proto::Reason::NONE) line.name("reason", r.reason(), proto::EnumNameReason);
  line.number("sequenced_ns", r.sequenced_ns()).given("received_ns", r.received_ns());
  return line.take();
}

std::string event_text(const proto::FeedMessage& m) {
  TextLine line(enum_text(m.kind(), proto::EnumNameFeedKind), nullptr);
  line.number("market", m.market()).given("feed_order_id", m.feed_order_id());
  line.given("trade_id", m.trade_id()).name("side", m.side(), proto::EnumNameSide);
  line.number("price_ticks", m.price_ticks()).number("quantity_lots", m.quantity_lots());
  line.number("leaves_lots", m.leaves_lots()).given("value", unsigned{m.value()});
  line.number("engine_time_ns", m.engine_time_ns());
  return line.take();
}

std::string event_text(const core::LedgerLeg& leg) {
  static constexpr std::array<const char*, 7> kReasons = {
      "", "Trade", "Fee", "Deposit", "Withdrawal", "Transfer", "Bust"};
  TextLine line("Leg", nullptr);
  line.number("account", leg.account).number("asset", leg.asset);
  line.number("amount_minor", leg.amount).number("balance_minor", leg.balance);
  line.given("market", leg.market).number("reference", leg.reference);
  const std::size_t reason = raw(leg.reason);
  line.word("reason", reason > 0 && reason < kReasons.size() ? kReasons[reason]
                                                             : std::to_string(reason));
  return line.take();
}

}  // namespace saker::engine
