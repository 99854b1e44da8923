// What a command's legs say about its trades: amounts are read off, never computed.
#pragma once

#include <vector>

#include "engine/follower/event_format.hpp"

namespace saker::events {

/// What changed hands, in minor units.
struct TradeAmounts {
  Minor base = 0;
  Minor quote = 0;
  std::uint32_t base_asset = 0;
  std::uint32_t quote_asset = 0;
};
/// From the buyer's legs. Throws Refused when the command has none for the trade.
TradeAmounts amounts_of(const follower::CommandEvents& events, const follower::TradeEvent& trade);

/// A trade that was taken back.
struct Bust {
  std::uint64_t trade_id = 0;
  std::uint32_t market = 0;
};
std::vector<Bust> busts_of(const follower::CommandEvents& events);

}  // namespace saker::events
