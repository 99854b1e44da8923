// Order slots, level queues, and the lists that jobs walk.
#include "common/plants.hpp"
#include "engine/core/state.hpp"

namespace saker::core {

std::uint32_t State::take_slot() {
  if (!freed_slots.empty()) {
    const std::uint32_t slot = freed_slots.back();
    freed_slots.pop_back();
    return slot;
  }
  SAKER_ASSERT(fresh_slot < hot.size());
  return fresh_slot++;
}

void State::free_slot(std::uint32_t slot) {
  const std::uint32_t generation = hot[slot].generation;
  hot[slot] = {};
  cold[slot] = {};
  hot[slot].generation = generation + 1;
  freed_slots.push_back(slot);
}

void State::enqueue(std::uint32_t slot) {
  OrderHot& order = hot[slot];
  Level& level = book_side(order).insert(prices, key_of(order.side, order.price));
  order.prev = level.tail;
  order.next = 0;
  if (level.tail != 0) {
    hot[level.tail].next = slot;
  } else {
    level.head = slot;
  }
  level.tail = slot;
  level.lots += order.leaves;
  order.place = raw(OrderPlace::kResting);
}

void State::dequeue(std::uint32_t slot) {
  OrderHot& order = hot[slot];
  const std::uint32_t key = key_of(order.side, order.price);
  PriceIndex& side = book_side(order);
  Level& level = side.at(prices, key);
  (order.prev != 0 ? hot[order.prev].next : level.head) = order.next;
  (order.next != 0 ? hot[order.next].prev : level.tail) = order.prev;
  level.lots -= order.leaves;
  if (level.head == 0) {
    SAKER_ASSERT(level.lots == 0);
    side.erase(prices, key);
  }
  order.next = order.prev = 0;
  order.place = raw(OrderPlace::kTaking);
}

void State::list_order(std::uint32_t slot) {
  if (cold[slot].listed) return;
  cold[slot].listed = true;
  Account& account = accounts[hot[slot].account];
  OrderCold& order = cold[slot];
  order.account_prev = account.orders.tail;
  (account.orders.tail != 0 ? cold[account.orders.tail].account_next : account.orders.head) =
      slot;
  account.orders.tail = slot;
  ++account.open_orders;
  ++open_orders;
  join_session(slot, order.session);
}

void State::unlist_order(std::uint32_t slot) {
  if (!cold[slot].listed) return;
  OrderCold& order = cold[slot];
  if (order.cursors != 0) move_cursors(slot, false);
  leave_session(slot);
  Account& account = accounts[hot[slot].account];
  (order.account_prev != 0 ? cold[order.account_prev].account_next : account.orders.head) =
      order.account_next;
  (order.account_next != 0 ? cold[order.account_next].account_prev : account.orders.tail) =
      order.account_prev;
  order.account_next = order.account_prev = 0;
  order.listed = false;
  --account.open_orders;
  --open_orders;
}

void State::join_session(std::uint32_t slot, std::uint32_t session) {
  OrderCold& order = cold[slot];
  OrderList& list = sessions[session].orders;
  order.session = session;
  order.session_prev = list.tail;
  order.session_next = 0;
  (list.tail != 0 ? cold[list.tail].session_next : list.head) = slot;
  list.tail = slot;
}

void State::leave_session(std::uint32_t slot) {
  OrderCold& order = cold[slot];
  if (order.cursors != 0) move_cursors(slot, true);
  OrderList& list = sessions[order.session].orders;
  (order.session_prev != 0 ? cold[order.session_prev].session_next : list.head) =
      order.session_next;
  (order.session_next != 0 ? cold[order.session_next].session_prev : list.tail) =
      order.session_prev;
  order.session_next = order.session_prev = 0;
}

void State::remember_client_id(std::uint32_t slot) {
  const std::uint64_t id = cold[slot].client_order_id;
  if (id == 0) return;
  const std::uint32_t account_id = hot[slot].account;
  Account& account = accounts[account_id];
  const std::uint32_t window = genesis.client_ids_per_account();
  std::uint64_t* const ring = &client_ids[std::size_t{account_id} * window];
  const std::uint64_t at = account.client_ids_used % window;
  std::uint64_t& place = ring[at];
  ++account.client_ids_used;
  if (place != 0) {
    ClientIdEntry* oldest = client_id_table.find(account_id, place);
    SAKER_ASSERT(oldest != nullptr);
    oldest->in_window = false;
    if (!oldest->live) client_id_table.erase(oldest);
  }
  place = id;
  ClientIdEntry& entry = client_id_table.insert(account_id, id);
  entry.order_id = order_id(slot);
  entry.in_window = true;
  entry.live = true;
  // The table is larger than the caches; what the account's next order drives out is known now.
  client_id_table.prefetch(account_id, ring[at + 1 == window ? 0 : at + 1]);
}

void State::retire_client_id(std::uint32_t slot) {
  const std::uint64_t id = cold[slot].client_order_id;
  if (id == 0) return;
  ClientIdEntry* entry = client_id_table.find(hot[slot].account, id);
  SAKER_ASSERT(entry != nullptr);
  entry->live = false;
  if (!entry->in_window) client_id_table.erase(entry);
}

void State::change_hold(std::uint32_t slot, Minor hold) {
  const Market& market = markets[hot[slot].market];
  const std::uint32_t asset = hot[slot].side == Side::Buy ? market.quote : market.base;
  BalanceView& b = balance(hot[slot].account, asset);
  const Minor change = hold - cold[slot].held;
  b.available -= change;
  b.held += change;
  cold[slot].held = hold;
  SAKER_ASSERT(b.available >= 0 && b.held >= 0 && hold >= 0);
}

void State::remove_from_book(std::uint32_t slot) {
  if (place(slot) != OrderPlace::kResting) return;
  const OrderHot& order = hot[slot];
  dequeue(slot);
  proto::FeedMessage& message = add_feed(FeedKind::OrderDeleted, order.market);
  message.mutate_feed_order_id(cold[slot].feed_order_id);
  message.mutate_price_ticks(order.price);
  message.mutate_quantity_lots(order.leaves);
  message.mutate_side(order.side);
}

void State::end_order(std::uint32_t slot) {
  const bool forget = SAKER_PLANT(hold_forgotten) && hot[slot].side == Side::Buy;
  if (!forget) change_hold(slot, 0);
  unlist_order(slot);
  retire_client_id(slot);
  free_slot(slot);
}

void State::finish_cancel(std::uint32_t slot, Reason reason) {
  remove_from_book(slot);
  const bool requested = reason == Reason::CANCEL_REQUESTED ||
                         reason == Reason::CANCEL_REPLACED_TO_FILLED;
  const std::uint32_t owner = cold[slot].session;
  const bool foreign = requested && from.session != owner;
  proto::Report& primary =
      order_report(ReportKind::OrderCancelled, slot, foreign ? from.session : owner);
  primary.mutate_leaves_lots(0);
  primary.mutate_reason(reason);
  if (foreign) {
    proto::Report& copy = order_report(ReportKind::OrderCancelled, slot, owner, true);
    copy.mutate_leaves_lots(0);
    copy.mutate_reason(reason);
  }
  end_order(slot);
}

}  // namespace saker::core
