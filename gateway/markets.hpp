// What the gateway knows of the venue's markets and assets: from the feed's definitions, and for
// assets that no market trades from its own configuration.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/market.hpp"

namespace saker::gateway {

struct Asset {
  std::uint32_t id = 0;
  std::string symbol;
  unsigned decimals = 0;
};

class Markets {
 public:
  /// `extra`: assets beside those of the markets.
  explicit Markets(std::vector<Asset> extra = {});

  /// A definition, new or changed. References to the market stay valid and see the change.
  void define(const proto::MarketDefinition& definition);

  /// nullptr when there is none.
  const Market* find(std::uint32_t id) const;
  const Market* find(std::string_view symbol) const;
  /// Throws ApiError: 404 NOT_FOUND; 503 UNAVAILABLE before the first definition has come.
  const Market& need(std::string_view symbol) const;
  /// nullptr when its name is not known.
  const Asset* asset(std::uint32_t id) const;

  /// By id.
  template <class Fn>
  void for_each(Fn&& fn) const {
    for (const auto& [id, market] : by_id_) fn(*market);
  }
  std::size_t size() const { return by_id_.size(); }

 private:
  std::map<std::uint32_t, std::unique_ptr<Market>> by_id_;
  std::map<std::string, std::uint32_t, std::less<>> by_symbol_;
  std::map<std::uint32_t, Asset> assets_;
};

}  // namespace saker::gateway
