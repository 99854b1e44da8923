#include "events/trades.hpp"

#include "events/journal_worker.hpp"

namespace saker::events {

using core::LedgerLeg;
using core::LegReason;

TradeAmounts amounts_of(const follower::CommandEvents& events,
                        const follower::TradeEvent& trade) {
  const bool taker_buys = trade.taker_side == raw(proto::Side::Buy);
  const std::uint32_t buyer = taker_buys ? trade.taker_account : trade.maker_account;
  const LedgerLeg* base = nullptr;
  const LedgerLeg* quote = nullptr;
  for (const LedgerLeg& leg : events.legs) {
    if (leg.reference != trade.trade_id || leg.reason != LegReason::kTrade) continue;
    if (leg.account == buyer) (leg.amount > 0 ? base : quote) = &leg;
  }
  if (base == nullptr || quote == nullptr) {
    throw Refused("trade " + std::to_string(trade.trade_id) + " of sequence " +
                  std::to_string(events.entry.sequence) + " has no legs");
  }
  return {base->amount, -quote->amount, base->asset, quote->asset};
}

std::vector<Bust> busts_of(const follower::CommandEvents& events) {
  std::vector<Bust> busts;
  for (const LedgerLeg& leg : events.legs) {
    if (leg.reason != LegReason::kBust) continue;
    if (busts.empty() || busts.back().trade_id != leg.reference) {
      busts.push_back({leg.reference, leg.market});
    }
  }
  return busts;
}

}  // namespace saker::events
