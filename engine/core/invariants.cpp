// What must be true after every command, checked the slow way round.
#include "engine/core/state.hpp"

namespace saker::core {

namespace {

/// Walks every queue of one side; counts its orders. nullptr when all is well.
const char* check_side(const State& s, std::uint32_t market_id, int side,
                       std::uint32_t& resting) {
  const PriceIndex& index = s.markets[market_id].sides[side];
  std::uint32_t key = index.next_at_or_after(s.prices, 0);
  if (key != index.best_key()) return "book: best level is not the best";
  for (; key != kNoKey; key = index.next_at_or_after(s.prices, key + 1)) {
    const Level& level = *index.find(s.prices, key);
    std::int64_t lots = 0;
    std::uint32_t prev = 0;
    std::uint64_t entry = 0;
    for (std::uint32_t slot = level.head; slot != 0; slot = s.hot[slot].next) {
      const OrderHot& h = s.hot[slot];
      if (h.prev != prev || h.market != market_id || raw(h.side) != side ||
          State::key_of(h.side, h.price) != key || s.place(slot) != OrderPlace::kResting) {
        return "book: an order stands in a queue that is not its own";
      }
      if (s.cold[slot].entry_sequence < entry) return "book: time priority broken";
      entry = s.cold[slot].entry_sequence;
      if (h.leaves <= 0) return "book: a resting order without leaves";
      lots += h.leaves;
      prev = slot;
      ++resting;
    }
    if (level.head == 0 || level.tail != prev) return "book: broken queue ends";
    if (level.lots != lots) return "book: a level's total is wrong";
  }
  return nullptr;
}

const char* check_books(const State& s, std::uint32_t& resting) {
  for (std::uint32_t i = 1; i <= s.market_count; ++i) {
    const Market& market = s.markets[i];
    if (!State::params_valid(market.params, market.lot_size) || market.base == market.quote) {
      return "market: parameters out of range";
    }
    for (int side = 0; side < 2; ++side) {
      const char* why = check_side(s, i, side, resting);
      if (why != nullptr) return why;
    }
    const PriceIndex& bids = market.sides[0];
    const PriceIndex& asks = market.sides[1];
    if (!bids.empty() && !asks.empty() && s.sweeping == 0 &&
        kPriceLimit - 1 - bids.best_key() >= asks.best_key()) {
      return "book: crossed";
    }
  }
  return nullptr;
}

const char* check_order(const State& s, std::uint32_t slot) {
  const OrderHot& h = s.hot[slot];
  const OrderCold& c = s.cold[slot];
  const Market& market = s.markets[h.market];
  if (!c.listed) return "order: open but in no list";
  if (c.cumulative < 0 || c.quantity != Int128{c.cumulative} + h.leaves) {
    return "order: quantity is not leaves plus traded";
  }
  if (h.price < 1 || h.price > market.params.max_price_ticks()) return "order: price out of range";
  if (c.fee_slack >= 1'000'000) return "order: fee slack of a whole unit";
  const Int128 hold = h.side == Side::Sell
                          ? Int128{h.leaves} * market.lot_size
                          : State::buy_hold(market, h.price, h.leaves, c.fee_slack);
  if (!c.by_budget && hold != c.held) return "order: hold is not what it can cost";
  if (c.by_budget && c.held < 0) return "order: negative budget";
  const bool is_sweeping = s.place(slot) == OrderPlace::kSweeping;
  if (is_sweeping != (s.sweeping == slot)) return "order: sweeping without a sweep";
  return nullptr;
}

/// Holds and sums: what is held is exactly what orders and withdrawals hold.
const char* check_money(const State& s) {
  const std::size_t width = s.genesis.assets() + 1;
  std::vector<Int128> held((std::size_t{s.account_count} + 1) * width);
  for (std::uint32_t slot = 1; slot < s.fresh_slot; ++slot) {
    if (s.place(slot) == OrderPlace::kFree) continue;
    const Market& market = s.markets[s.hot[slot].market];
    const std::uint32_t asset = s.hot[slot].side == Side::Buy ? market.quote : market.base;
    held[s.hot[slot].account * width + asset] += s.cold[slot].held;
  }
  for (const Withdrawal& w : s.withdrawals) {
    if (w.reference != 0) held[w.account * width + w.asset] += w.amount;
  }
  std::vector<Int128> sums(width);
  for (std::size_t i = 0; i < s.balances.size(); ++i) {
    const BalanceView& b = s.balances[i];
    if (b.available < 0 || b.held < 0) return "balance: negative";
    if (i >= held.size() ? b.held != 0 || b.available != 0 : b.held != held[i]) {
      return "balance: held is not the sum of the holds";
    }
    sums[i % width] += Int128{b.available} + b.held;
  }
  for (std::uint32_t asset = 0; asset < width; ++asset) {
    const Minor expected = asset >= 1 && asset <= s.asset_count ? s.assets[asset].sum : 0;
    if (sums[asset] != expected) return "balance: an asset's sum is not deposits less withdrawals";
  }
  return nullptr;
}

const char* check_lists(const State& s, std::uint32_t open) {
  std::uint32_t by_account = 0;
  for (std::uint32_t i = 1; i <= s.account_count; ++i) {
    std::uint32_t count = 0;
    for (std::uint32_t slot = s.accounts[i].orders.head; slot != 0;
         slot = s.cold[slot].account_next) {
      if (s.hot[slot].account != i) return "list: an order in another account's list";
      ++count;
    }
    if (count != s.accounts[i].open_orders) return "account: open order count is wrong";
    by_account += count;
  }
  std::uint32_t by_session = 0;
  for (std::uint32_t i = 1; i <= s.session_count; ++i) {
    for (std::uint32_t slot = s.sessions[i].orders.head; slot != 0;
         slot = s.cold[slot].session_next) {
      if (s.cold[slot].session != i) return "list: an order in another session's list";
      ++by_session;
    }
  }
  if (by_account != open || by_session != open || s.open_orders != open) {
    return "list: lists and open orders differ";
  }
  return nullptr;
}

}  // namespace

const char* State::find_violation() const {
  std::uint32_t resting = 0;
  if (const char* why = check_books(*this, resting)) return why;
  std::uint32_t open = 0;
  for (std::uint32_t slot = 1; slot < fresh_slot; ++slot) {
    if (place(slot) == OrderPlace::kFree) continue;
    ++open;
    if (place(slot) == OrderPlace::kTaking) return "order: taking between commands";
    if (const char* why = check_order(*this, slot)) return why;
  }
  if (resting + (sweeping != 0 ? 1 : 0) != open) return "book: open orders that rest nowhere";
  if (freed_slots.size() + open + 1 != fresh_slot) return "slots: lost or doubled";
  if (const char* why = check_money(*this)) return why;
  return check_lists(*this, open);
}

}  // namespace saker::core
