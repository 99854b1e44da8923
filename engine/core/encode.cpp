// The canonical logical state as bytes: what a snapshot holds and what the state hash covers.
// Memory addresses, the price index and hash tables are not part of it; they are rebuilt.
#include "common/plants.hpp"
#include "engine/core/archive.hpp"
#include "engine/core/rules.hpp"
#include "engine/core/state.hpp"

namespace saker::core {

namespace {

constexpr std::uint32_t kStateMagic = 0x54534B53;  // "SKST"
constexpr std::uint32_t kStateVersion = 1;

template <class A>
void scalars(A& a, State& s) {
  const proto::Genesis& g = s.genesis;
  a(s.sequence);
  a(s.time_ns);
  a(s.chain_head);
  a(s.epoch);
  a.ranged(s.rule_version, kOldestRules, kNewestRules);
  a(s.trading_day);
  a(s.policy);
  a(s.killed);
  a(s.next_trade_id);
  a(s.next_feed_order_id);
  a(s.next_feed_sequence);
  a(s.next_proposal);
  a.ranged(s.asset_count, 0, g.assets());
  a.ranged(s.market_count, 0, g.markets());
  a.ranged(s.firm_count, 0, g.firms());
  a.ranged(s.group_count, 0, g.groups());
  a.ranged(s.account_count, 0, g.accounts());
  a.ranged(s.session_count, 0, g.sessions());
  a.ranged(s.grant_count, 0, g.grants());
  a.ranged(s.fresh_slot, 1, s.hot.size());
  a.ranged(s.sweeping, 0, s.fresh_slot - 1);
  a.ranged(s.last_job, 0, s.jobs.size() - 1);
}

template <class A>
void parties(A& a, State& s) {
  for (std::uint32_t i = 1; i <= s.asset_count; ++i) {
    a(s.assets[i].symbol);
    a.ranged(s.assets[i].decimals, 0, 18);
    a(s.assets[i].sum);
  }
  for (std::uint32_t i = 1; i <= s.firm_count; ++i) {
    a(s.firms[i].name);
    a(s.firms[i].killed);
  }
  for (std::uint32_t i = 1; i <= s.group_count; ++i) {
    a(s.groups[i].name);
    a.ranged(s.groups[i].firm, 1, s.firm_count);
    a(s.groups[i].killed);
  }
  for (std::uint32_t i = 1; i <= s.account_count; ++i) {
    Account& account = s.accounts[i];
    a(account.name);
    a.ranged(account.group, 1, s.group_count);
    a.ranged(account.firm, 1, s.firm_count);
    a(account.max_open_orders);
    a(account.next_account_sequence);
    a(account.client_ids_used);
    a(account.killed);
  }
  for (std::uint32_t i = 1; i <= s.session_count; ++i) {
    Session& session = s.sessions[i];
    a(session.name);
    a.ranged(session.firm, 1, s.firm_count);
    a(session.rights);
    a(session.key_id);
    a(session.cancel_on_disconnect);
    a(session.connected);
    a(session.killed);
    a(session.connection);
    a(session.highest_client_sequence);
    a(session.next_report_sequence);
  }
}

/// Only what is not zero: (index, value) pairs, closed by an index of all ones.
template <class A, class T, class IsSet, class Fields>
void sparse(A& a, std::vector<T>& table, IsSet&& is_set, Fields&& fields) {
  constexpr std::uint64_t kEnd = ~std::uint64_t{0};
  std::uint64_t index = kEnd;
  if constexpr (A::kReading) {
    std::uint64_t least = 0;
    for (a(index); a.ok() && index != kEnd; a(index)) {
      if (index < least || index >= table.size()) return a.fail();
      fields(table[index]);
      if (!a.ok() || !is_set(table[index])) return a.fail();
      least = index + 1;
    }
  } else {
    for (index = 0; index < table.size(); ++index) {
      if (!is_set(table[index])) continue;
      a(index);
      fields(table[index]);
    }
    index = kEnd;
    a(index);
  }
}

template <class A>
void holdings(A& a, State& s) {
  sparse(a, s.balances, [](const BalanceView& b) { return b.available != 0 || b.held != 0; },
         [&](BalanceView& b) { a(b.available); a(b.held); });
  sparse(a, s.grants, [](std::uint8_t g) { return g != 0; },
         [&](std::uint8_t& g) { a.ranged(g, 0, 63); });
  sparse(a, s.decisions, [](const Decision& d) {
           return d.client_sequence != 0 && !SAKER_PLANT(snapshot_without_decisions);
         },
         [&](Decision& d) {
           a(d.client_sequence);
           a(d.engine_sequence);
           a(d.report_sequence);
           a(d.order_id);
           a(d.kind);
           a(d.reason);
         });
  sparse(a, s.trades, [](const Trade& t) { return t.id != 0; },
         [&](Trade& t) {
           a(t.id);
           a(t.price);
           a(t.lots);
           a(t.buyer_fee);
           a(t.seller_fee);
           a.ranged(t.buyer, 1, s.account_count);
           a.ranged(t.seller, 1, s.account_count);
           a.ranged(t.market, 1, s.market_count);
           a(t.busted);
         });
  sparse(a, s.withdrawals, [](const Withdrawal& w) { return w.reference != 0; },
         [&](Withdrawal& w) {
           a(w.reference);
           a(w.amount);
           a.ranged(w.account, 1, s.account_count);
           a.ranged(w.asset, 1, s.asset_count);
         });
  sparse(a, s.proposals, [](const Proposal& p) { return p.number != 0; },
         [&](Proposal& p) {
           a(p.number);
           a(p.trade_id);
           a(p.amount);
           a.ranged(p.from, 0, s.account_count);
           a.ranged(p.to, 0, s.account_count);
           a.ranged(p.asset, 0, s.asset_count);
           a(p.proposer);
           a(p.approver);
         });
}

template <class A>
void markets(A& a, State& s) {
  for (std::uint32_t i = 1; i <= s.market_count; ++i) {
    Market& m = s.markets[i];
    a(m.symbol);
    a(m.params);
    a(m.tick_size);
    a.ranged(m.lot_size, 1, std::int64_t{1} << 61);
    a.ranged(m.tick_value, 1, std::int64_t{1} << 56);
    a(m.reference_price);
    a(m.last_price);
    a.ranged(m.base, 1, s.asset_count);
    a.ranged(m.quote, 1, s.asset_count);
    a.ranged(m.fee_account, 1, s.account_count);
    a(m.version);
    a.ranged(m.price_decimals, 0, 18);
    a(m.phase);
  }
}

template <class A>
void order(A& a, State& s, OrderHot& h, OrderCold& c) {
  a.ranged(h.place, raw(OrderPlace::kSweeping), raw(OrderPlace::kResting));
  a.ranged(h.leaves, 1, std::int64_t{1} << 40);
  a.ranged(h.price, 1, kPriceLimit - 1);
  a.ranged(h.account, 1, s.account_count);
  a.ranged(h.market, 1, s.market_count);
  a.ranged(h.side, Side::Buy, Side::Sell);
  a(c.client_order_id);
  a(c.feed_order_id);
  a(c.entry_sequence);
  a(c.entered_ns);
  a(c.quantity);
  a(c.cumulative);
  a(c.held);
  a(c.hidden_lots);
  a(c.display_lots);
  a(c.expires_ns);
  a(c.trigger_price);
  a(c.peg_offset);
  a(c.fee_slack);
  a.ranged(c.session, 1, s.session_count);
  a(c.type);
  a(c.time_in_force);
  a(c.by_budget);
}

template <class A>
void orders(A& a, State& s) {
  auto freed = static_cast<std::uint32_t>(s.freed_slots.size());
  a.ranged(freed, 0, s.fresh_slot - 1);
  if constexpr (A::kReading) s.freed_slots.resize(freed);
  for (std::uint32_t& slot : s.freed_slots) a.ranged(slot, 1, s.fresh_slot - 1);
  for (std::uint32_t slot = 1; slot < s.fresh_slot && a.ok(); ++slot) {
    bool used = s.hot[slot].place != raw(OrderPlace::kFree);
    a(s.hot[slot].generation);
    a(used);
    if (used) order(a, s, s.hot[slot], s.cold[slot]);
  }
}

/// A queue or list as its slots, closed by 0.
template <class Next>
void write_list(ArchiveWriter& a, std::uint32_t slot, Next&& next) {
  for (; slot != 0; slot = next(slot)) a(slot);
  a(slot);
}

void write_lists(ArchiveWriter& a, State& s) {
  for (std::uint32_t i = 1; i <= s.market_count; ++i) {
    for (PriceIndex& side : s.markets[i].sides) {
      std::uint32_t key = side.next_at_or_after(s.prices, 0);
      for (; key != kNoKey; key = side.next_at_or_after(s.prices, key + 1)) {
        a(key);
        write_list(a, side.at(s.prices, key).head,
                   [&](std::uint32_t slot) { return s.hot[slot].next; });
      }
      a(key);
    }
  }
  for (std::uint32_t i = 1; i <= s.account_count; ++i) {
    write_list(a, s.accounts[i].orders.head,
               [&](std::uint32_t slot) { return s.cold[slot].account_next; });
  }
  for (std::uint32_t i = 1; i <= s.session_count; ++i) {
    write_list(a, s.sessions[i].orders.head,
               [&](std::uint32_t slot) { return s.cold[slot].session_next; });
  }
}

bool read_books(ArchiveReader& a, State& s) {
  for (std::uint32_t i = 1; i <= s.market_count; ++i) {
    for (int side = 0; side < 2; ++side) {
      for (;;) {
        std::uint32_t key = kNoKey;
        a.ranged(key, 0, kNoKey);
        if (!a.ok() || key == kNoKey) break;
        for (;;) {
          std::uint32_t slot = 0;
          a.ranged(slot, 0, s.fresh_slot - 1);
          if (slot == 0) break;
          OrderHot& h = s.hot[slot];
          const bool fits = s.place(slot) == OrderPlace::kResting && h.market == i &&
                            raw(h.side) == side && State::key_of(h.side, h.price) == key &&
                            s.cold[slot].reserved == 0 &&
                            s.markets[i].sides[side].can_insert(s.prices, key);
          if (!fits) return false;
          s.cold[slot].reserved = 1;  // queued: a slot may come only once
          s.enqueue(slot);
        }
      }
      if (!a.ok()) return false;
    }
  }
  return true;
}

bool read_account_lists(ArchiveReader& a, State& s) {
  for (std::uint32_t i = 1; i <= s.account_count; ++i) {
    for (;;) {
      std::uint32_t slot = 0;
      a.ranged(slot, 0, s.fresh_slot - 1);
      if (slot == 0) break;
      if (s.place(slot) == OrderPlace::kFree || s.hot[slot].account != i ||
          s.cold[slot].listed) {
        return false;
      }
      const std::uint32_t session = s.cold[slot].session;
      s.list_order(slot);     // joins the session's list too, in the wrong order:
      s.leave_session(slot);  // the lists that follow say the right one
      s.cold[slot].session = session;
    }
    if (!a.ok()) return false;
  }
  return true;
}

bool read_session_lists(ArchiveReader& a, State& s) {
  for (std::uint32_t i = 1; i <= s.session_count; ++i) {
    for (;;) {
      std::uint32_t slot = 0;
      a.ranged(slot, 0, s.fresh_slot - 1);
      if (slot == 0) break;
      OrderCold& c = s.cold[slot];
      if (!c.listed || c.session != i || c.reserved == 2) return false;
      c.reserved = 2;
      s.join_session(slot, i);
    }
    if (!a.ok()) return false;
  }
  for (std::uint32_t slot = 1; slot < s.fresh_slot; ++slot) {
    const bool used = s.place(slot) != OrderPlace::kFree;
    if (used != (s.cold[slot].reserved == 2)) return false;
    s.cold[slot].reserved = 0;
  }
  return true;
}

/// Rings of the last client order ids with the orders they named.
template <class A>
void client_ids(A& a, State& s) {
  const std::uint64_t window = s.genesis.client_ids_per_account();
  for (std::uint32_t account = 1; account <= s.account_count && a.ok(); ++account) {
    const std::uint64_t used = s.accounts[account].client_ids_used;
    const std::uint64_t count = used < window ? used : window;
    for (std::uint64_t i = 0; i < count && a.ok(); ++i) {
      std::uint64_t& id = s.client_ids[account * window + i];
      a.ranged(id, 1, ~std::uint64_t{0});
      std::uint64_t order_id = 0;
      if constexpr (!A::kReading) order_id = s.client_id_table.find(account, id)->order_id;
      a(order_id);
      if constexpr (A::kReading) {
        if (!a.ok() || s.client_id_table.find(account, id) != nullptr) return a.fail();
        ClientIdEntry& entry = s.client_id_table.insert(account, id);
        entry.order_id = order_id;
        entry.in_window = true;
      }
    }
  }
}

bool relive_client_ids(State& s) {
  for (std::uint32_t slot = 1; slot < s.fresh_slot; ++slot) {
    const std::uint64_t id = s.cold[slot].client_order_id;
    if (s.place(slot) == OrderPlace::kFree || id == 0) continue;
    ClientIdEntry* entry = s.client_id_table.find(s.hot[slot].account, id);
    if (entry == nullptr) entry = &s.client_id_table.insert(s.hot[slot].account, id);
    if (entry->live || (entry->in_window && entry->order_id != s.order_id(slot))) return false;
    entry->order_id = s.order_id(slot);
    entry->live = true;
  }
  return true;
}

template <class A>
void jobs(A& a, State& s) {
  sparse(a, s.jobs, [](const Job& job) { return job.active; },
         [&](Job& job) {
           a(job.active);
           a.ranged(job.scope, proto::Scope::Account, proto::Scope::All);
           a.ranged(job.side, 0, 2);
           a(job.reason);
           const std::uint32_t most[] = {s.account_count, s.group_count, s.firm_count,
                                         s.session_count, ~0u};
           a.ranged(job.scope_id, job.scope == proto::Scope::All ? 0 : 1,
                    most[raw(job.scope)]);
           a.ranged(job.market, 0, s.market_count);
           a.ranged(job.requester, 0, s.session_count);
           a(job.cutoff);
           a(job.reference);
           a(job.cancelled);
           a.ranged(job.account, 0, s.account_count);
           a.ranged(job.cursor, 0, s.fresh_slot - 1);
         });
}

bool place_cursors(State& s) {
  for (Job& job : s.jobs) {
    if (!job.active) continue;
    ++s.active_jobs;
    if (job.cursor == 0) continue;
    if (s.place(job.cursor) == OrderPlace::kFree) return false;
    ++s.cold[job.cursor].cursors;
  }
  return true;
}

const char* read_state(ArchiveReader& a, State& s) {
  scalars(a, s);
  if (a.ok()) parties(a, s);
  if (a.ok()) markets(a, s);
  if (a.ok()) holdings(a, s);
  if (a.ok()) orders(a, s);
  if (!a.ok()) return "state: a value is missing or out of range";
  if (!read_books(a, s)) return "state: the book's queues do not fit the orders";
  if (!read_account_lists(a, s)) return "state: an account's order list does not fit the orders";
  if (!read_session_lists(a, s)) return "state: a session's order list does not fit the orders";
  client_ids(a, s);
  if (!a.ok() || !relive_client_ids(s)) return "state: client order ids contradict each other";
  jobs(a, s);
  if (!a.ok() || !place_cursors(s)) return "state: a job is out of range";
  return s.find_violation();
}

}  // namespace

void encode_state(State& s, StateSink& sink) {
  ArchiveWriter a(sink);
  std::uint32_t magic = kStateMagic;
  std::uint32_t version = kStateVersion;
  a(magic);
  a(version);
  a(s.genesis);
  scalars(a, s);
  parties(a, s);
  markets(a, s);
  holdings(a, s);
  orders(a, s);
  write_lists(a, s);
  client_ids(a, s);
  jobs(a, s);
}

std::unique_ptr<State> decode_state(StateSource& source, const char** why, TableMemory memory) {
  ArchiveReader a(source);
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  proto::Genesis genesis;
  a(magic);
  a(version);
  a(genesis);
  *why = nullptr;
  if (!a.ok() || magic != kStateMagic) {
    *why = "state: not a state";
  } else if (version != kStateVersion) {
    *why = "state: written by another version";
  } else {
    *why = genesis_violation(genesis);
  }
  if (*why != nullptr) return nullptr;
  auto state = std::make_unique<State>(genesis, memory);  // tidy: allow(allocation) at creation
  *why = read_state(a, *state);
  std::array<std::byte, 1> more{};
  if (*why == nullptr && source.read(more)) *why = "state: bytes after its end";
  return *why == nullptr ? std::move(state) : nullptr;
}

}  // namespace saker::core
