// The default venue's first market, KCN/EUR, and reports about it, for tests.
#pragma once

#include "client/requests.hpp"
#include "gateway/markets.hpp"

namespace saker::gateway::test {

inline proto::MarketDefinition kcn_eur() {
  proto::MarketDefinition d;
  d.mutate_market(1);
  d.mutate_base_asset(2);
  d.mutate_quote_asset(1);
  d.mutate_price_decimals(2);
  d.mutate_base_decimals(8);
  d.mutate_quote_decimals(2);
  d.mutate_tick_size(1);
  d.mutate_lot_size(100'000'000);
  d.mutate_tick_value(1);
  d.mutate_min_quantity_lots(1);
  d.mutate_max_quantity_lots(1'000'000);
  d.mutate_min_notional(100);
  d.mutate_max_price_ticks(1'000'000);
  d.mutate_maker_fee_ppm(200);
  d.mutate_taker_fee_ppm(500);
  d.mutate_phase(proto::MarketPhase::Open);
  client::fill_text(d.mutable_symbol(), "KCN/EUR");
  client::fill_text(d.mutable_base_symbol(), "KCN");
  client::fill_text(d.mutable_quote_symbol(), "EUR");
  return d;
}

/// BTC with lots of a hundredth and ticks of a whole unit: "1.00", "0.01".
inline proto::MarketDefinition btc_eur() {
  proto::MarketDefinition d = kcn_eur();
  d.mutate_market(2);
  d.mutate_base_asset(4);
  d.mutate_tick_size(100);
  d.mutate_lot_size(1'000'000);
  client::fill_text(d.mutable_symbol(), "BTC/EUR");
  client::fill_text(d.mutable_base_symbol(), "BTC");
  return d;
}

struct ReportFields {
  proto::ReportKind kind = proto::ReportKind::None;
  std::uint64_t account_sequence = 0;
  std::uint64_t engine_sequence = 0;
  std::uint64_t order_id = 0;
  std::uint64_t client_order_id = 0;
  std::int64_t price = 0, quantity = 0, leaves = 0, filled = 0;
  proto::Reason reason = proto::Reason::NONE;
  std::uint64_t trade_id = 0;
  std::uint32_t account = 8;
};

inline proto::Report report(const ReportFields& f) {
  proto::Report r;
  r.mutate_kind(f.kind);
  r.mutate_account_sequence(f.account_sequence);
  r.mutate_engine_sequence(f.engine_sequence);
  r.mutate_order_id(f.order_id);
  r.mutate_client_order_id(f.client_order_id);
  r.mutate_price_ticks(f.price);
  r.mutate_quantity_lots(f.quantity);
  r.mutate_leaves_lots(f.leaves);
  r.mutate_cumulative_lots(f.filled);
  r.mutate_reason(f.reason);
  r.mutate_trade_id(f.trade_id);
  r.mutate_account(f.account);
  r.mutate_market(1);
  r.mutate_sequenced_ns(f.engine_sequence * 1'000'000'000);
  return r;
}

}  // namespace saker::gateway::test
