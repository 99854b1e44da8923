#include "gateway/markets.hpp"

#include "web/error.hpp"

namespace saker::gateway {

Markets::Markets(std::vector<Asset> extra) {
  for (Asset& asset : extra) assets_[asset.id] = std::move(asset);
}

void Markets::define(const proto::MarketDefinition& definition) {
  const std::uint32_t id = definition.market();
  auto& slot = by_id_[id];
  if (slot == nullptr) {
    slot = std::make_unique<Market>(definition);
  } else {
    *slot = Market(definition);
  }
  by_symbol_[slot->symbol()] = id;
  assets_[definition.base_asset()] = {definition.base_asset(), slot->base(),
                                      definition.base_decimals()};
  assets_[definition.quote_asset()] = {definition.quote_asset(), slot->quote(),
                                       definition.quote_decimals()};
}

const Market* Markets::find(std::uint32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
}

const Market* Markets::find(std::string_view symbol) const {
  const auto found = by_symbol_.find(symbol);
  return found == by_symbol_.end() ? nullptr : find(found->second);
}

const Market& Markets::need(std::string_view symbol) const {
  const Market* market = find(symbol);
  if (market != nullptr) return *market;
  // Just started: that a market is not known yet does not mean that there is none.
  if (by_id_.empty()) throw web::unavailable("the feed has not come yet; nothing was done");
  throw web::not_found("market: there is none of this name; GET /api/markets lists them");
}

const Asset* Markets::asset(std::uint32_t id) const {
  const auto found = assets_.find(id);
  return found == assets_.end() ? nullptr : &found->second;
}

}  // namespace saker::gateway
