#include "engine/core/core.hpp"

#include "common/plants.hpp"
#include "engine/core/rules.hpp"
#include "engine/core/state.hpp"

namespace saker::core {

namespace {

class HashSink : public StateSink {
 public:
  void write(Bytes bytes) override { hasher_.write(bytes); }
  Hash128 result() const { return hasher_.result(); }

 private:
  StreamHasher hasher_;
};

proto::OpenOrder open_order(const State& s, std::uint32_t slot) {
  const OrderHot& h = s.hot[slot];
  const OrderCold& c = s.cold[slot];
  return proto::OpenOrder(s.order_id(slot), c.client_order_id, h.price, c.quantity, h.leaves,
                          c.cumulative, c.held, c.entered_ns, h.account, h.market, c.session,
                          h.side, c.type, c.time_in_force, 0);
}

}  // namespace

const char* genesis_violation(const proto::Genesis& g) {
  static_assert(kOldestRules == 1 && kNewestRules == 2, "the text below");
  const auto within = [](std::uint32_t value, std::uint32_t low, std::uint32_t high) {
    return value >= low && value <= high;
  };
  if (!within(g.orders(), 1, 1u << 26)) return "genesis: orders must be 1..67108864";
  if (!within(g.price_leaves(), 1, 1u << 22)) return "genesis: price_leaves must be 1..4194304";
  if (!within(g.assets(), 1, 4096)) return "genesis: assets must be 1..4096";
  if (!within(g.markets(), 1, 65535)) return "genesis: markets must be 1..65535";
  if (!within(g.firms(), 1, 65536)) return "genesis: firms must be 1..65536";
  if (!within(g.groups(), 1, 1u << 20)) return "genesis: groups must be 1..1048576";
  if (!within(g.accounts(), 1, 1u << 20)) return "genesis: accounts must be 1..1048576";
  if (!within(g.sessions(), 1, 65536)) return "genesis: sessions must be 1..65536";
  if (!within(g.withdrawals(), 1, 65536)) return "genesis: withdrawals must be 1..65536";
  if (!within(g.proposals(), 1, 4096)) return "genesis: proposals must be 1..4096";
  if (!within(g.trades(), 1, 1u << 26)) return "genesis: trades must be 1..67108864";
  if (!within(g.client_ids_per_account(), 1, 65536)) {
    return "genesis: client_ids_per_account must be 1..65536";
  }
  if (!within(g.rule_version(), kOldestRules, kNewestRules)) {
    return "genesis: rule_version must be 1 or 2 for this build";
  }
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30;
  if (std::uint64_t{g.accounts()} * g.assets() > kMost ||
      std::uint64_t{g.accounts()} * g.sessions() > kMost ||
      std::uint64_t{g.accounts()} * g.client_ids_per_account() > kMost) {
    return "genesis: accounts times assets, sessions or client ids must stay below 2^30";
  }
  return nullptr;
}

Core::Core() = default;
Core::~Core() = default;

std::unique_ptr<Core> Core::create(const proto::Genesis& genesis, const char** why,
                                   TableMemory memory) {
  *why = genesis_violation(genesis);
  if (*why != nullptr) return nullptr;
  std::unique_ptr<Core> core(new Core);  // tidy: allow(allocation) at creation
  core->state_ = std::make_unique<State>(genesis, memory);  // tidy: allow(allocation) at creation
  return core;
}

void Core::apply(const Command& command, Output& out) { state_->apply(command, out); }

Sequence Core::sequence() const { return state_->sequence; }
TimeNs Core::time_ns() const { return state_->time_ns; }
std::uint64_t Core::chain_head() const { return state_->chain_head; }
std::uint32_t Core::epoch() const { return state_->epoch; }
proto::CommitPolicy Core::commit_policy() const { return state_->policy; }
std::uint32_t Core::rule_version() const { return state_->rule_version; }
bool Core::has_urgent_job() const { return state_->sweeping != 0; }
bool Core::has_job() const { return state_->sweeping != 0 || state_->active_jobs != 0; }

void Core::prefetch(const Command& command) const {
  if (command.kind != CommandKind::NewOrder) return;
  const auto& order = command.as<proto::NewOrder>();
  state_->client_id_table.prefetch(order.account(), order.client_order_id());
}

namespace {

/// Slot of the order that a command names by its id; 0 when there is none.
std::uint32_t named_slot(const State& s, const Command& command) {
  std::uint64_t id = 0;
  if (command.kind == CommandKind::CancelOrder) {
    id = command.as<proto::CancelOrder>().order_id();
  } else if (command.kind == CommandKind::ReplaceOrder) {
    id = command.as<proto::ReplaceOrder>().order_id();
  }
  const auto slot = static_cast<std::uint32_t>(id);
  return slot < s.hot.size() ? slot : 0;
}

template <class T>
void prefetch_all(const T& value) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(&value);
  __builtin_prefetch(bytes, 1);
  for (std::size_t at = kCacheLine; at < sizeof(T); at += kCacheLine) {
    __builtin_prefetch(bytes + at, 1);
  }
  __builtin_prefetch(bytes + sizeof(T) - 1, 1);
}

}  // namespace

void Core::prefetch_order(const Command& command) const {
  prefetch(command);
  const std::uint32_t slot = named_slot(*state_, command);
  if (slot == 0) return;
  prefetch_all(state_->hot[slot]);
  prefetch_all(state_->cold[slot]);
}

void Core::prefetch_neighbours(const Command& command) const {
  const State& s = *state_;
  const std::uint32_t slot = named_slot(s, command);
  if (slot == 0) return;
  const OrderHot& hot = s.hot[slot];
  const OrderCold& cold = s.cold[slot];
  s.client_id_table.prefetch(hot.account, cold.client_order_id);
  __builtin_prefetch(&s.hot[hot.prev], 1);
  __builtin_prefetch(&s.hot[hot.next], 1);
  __builtin_prefetch(&s.cold[cold.account_prev].account_next, 1);
  __builtin_prefetch(&s.cold[cold.account_next].account_prev, 1);
  __builtin_prefetch(&s.cold[cold.session_prev].session_next, 1);
  __builtin_prefetch(&s.cold[cold.session_next].session_prev, 1);
}

void Core::prefetch_session(SessionId session) const {
  if (!state_->is_session(raw(session))) return;
  const auto* bytes = reinterpret_cast<const std::byte*>(&state_->sessions[raw(session)]);
  for (std::size_t at = 0; at < sizeof(Session); at += kCacheLine) __builtin_prefetch(bytes + at);
}

SequenceVerdict Core::check_sequence(SessionId session, std::uint64_t client_sequence) const {
  SAKER_ASSERT(state_->is_session(raw(session)));
  const std::uint64_t highest = state_->sessions[raw(session)].highest_client_sequence;
  if (client_sequence > highest + kMaxInFlight) return SequenceVerdict::kTooFar;
  if (client_sequence > highest) return SequenceVerdict::kNew;
  if (client_sequence == 0 || client_sequence + kDecisionWindow <= highest) {
    return SequenceVerdict::kExpired;
  }
  if (state_->decision(raw(session), client_sequence).client_sequence == client_sequence) {
    return SequenceVerdict::kDecided;
  }
  const std::uint64_t late = SAKER_PLANT(window_off_by_one) ? 1 : 0;
  return client_sequence + kReorderWindow <= highest - late ? SequenceVerdict::kSkipped
                                                     : SequenceVerdict::kNew;
}

Decision Core::decision(SessionId session, std::uint64_t client_sequence) const {
  return state_->decision(raw(session), client_sequence);
}

SessionView Core::session(SessionId id) const {
  if (!state_->is_session(raw(id))) return {};
  const Session& s = state_->sessions[raw(id)];
  return {.exists = true,
          .connected = s.connected,
          .cancel_on_disconnect = s.cancel_on_disconnect,
          .rights = s.rights,
          .key_id = s.key_id,
          .firm = s.firm,
          .connection = s.connection,
          .highest_client_sequence = s.highest_client_sequence,
          .next_report_sequence = s.next_report_sequence};
}

std::uint32_t Core::session_capacity() const { return state_->genesis.sessions(); }
std::uint64_t Core::next_feed_sequence() const { return state_->next_feed_sequence; }
std::uint64_t Core::next_account_sequence(AccountId account) const {
  return state_->is_account(raw(account)) ? state_->accounts[raw(account)].next_account_sequence
                                          : 1;
}

bool Core::may_view(SessionId session, AccountId account) const {
  State& s = *state_;
  if (!s.is_session(raw(session))) return false;
  if ((s.sessions[raw(session)].rights & raw(proto::Rights::Administer)) != 0) return true;
  if (s.grant(raw(session), 0) != 0) return true;
  return s.is_account(raw(account)) && s.grant(raw(session), raw(account)) != 0;
}

bool Core::account_exists(AccountId account) const { return state_->is_account(raw(account)); }

PartyView Core::account(AccountId id) const {
  if (!state_->is_account(raw(id))) return {};
  const Account& a = state_->accounts[raw(id)];
  return {.exists = true,
          .killed = a.killed,
          .account = raw(id),
          .group = a.group,
          .firm = a.firm,
          .max_open_orders = a.max_open_orders,
          .open_orders = a.open_orders,
          .name = a.name};
}

PartyView Core::group(std::uint32_t id) const {
  if (id == 0 || id > state_->group_count) return {};
  const Group& g = state_->groups[id];
  return {.exists = true, .killed = g.killed, .group = id, .firm = g.firm, .name = g.name};
}

BalanceView Core::balance(AccountId account, AssetId asset) const {
  if (!state_->is_account(raw(account)) || !state_->is_asset(raw(asset))) return {};
  return state_->balance(raw(account), raw(asset));
}

std::uint32_t Core::asset_count() const { return state_->asset_count; }
std::uint32_t Core::market_count() const { return state_->market_count; }
std::uint32_t Core::account_count() const { return state_->account_count; }
std::uint32_t Core::group_count() const { return state_->group_count; }
proto::MarketDefinition Core::definition(MarketId market) const {
  SAKER_ASSERT(state_->is_market(raw(market)));
  return state_->definition(raw(market));
}
std::uint64_t Core::open_order_count() const { return state_->open_orders; }

proto::OpenOrder Core::find_client_order(AccountId account,
                                         std::uint64_t client_order_id) const {
  const State& s = *state_;
  if (!s.is_account(raw(account)) || client_order_id == 0) return {};
  const ClientIdEntry* entry = s.client_id_table.find(raw(account), client_order_id);
  if (entry == nullptr) return {};
  const auto slot = static_cast<std::uint32_t>(entry->order_id);
  if (entry->live && s.order_id(slot) == entry->order_id) return open_order(s, slot);
  proto::OpenOrder done;
  done.mutate_order_id(entry->order_id);
  done.mutate_client_order_id(client_order_id);
  done.mutate_account(raw(account));
  return done;
}

void Core::visit_open_orders(AccountId account, OpenOrderFn fn, void* context) const {
  const State& s = *state_;
  if (!s.is_account(raw(account))) return;
  std::uint32_t slot = s.accounts[raw(account)].orders.head;
  for (; slot != 0; slot = s.cold[slot].account_next) fn(context, open_order(s, slot));
}

void Core::visit_book(MarketId market, proto::Side side, BookOrderFn fn, void* context) const {
  const State& s = *state_;
  if (!s.is_market(raw(market))) return;
  const PriceIndex& index = s.markets[raw(market)].sides[raw(side)];
  std::uint32_t key = index.next_at_or_after(s.prices, 0);
  for (; key != kNoKey; key = index.next_at_or_after(s.prices, key + 1)) {
    std::uint32_t slot = index.find(s.prices, key)->head;
    for (; slot != 0; slot = s.hot[slot].next) {
      fn(context, proto::BookOrder(s.cold[slot].feed_order_id, s.hot[slot].price,
                                   s.hot[slot].leaves, side, 0, 0, 0));
    }
  }
}

void Core::encode(StateSink& sink) const { encode_state(*state_, sink); }

Hash128 Core::state_hash() const {
  HashSink sink;
  encode_state(*state_, sink);
  return sink.result();
}

std::unique_ptr<Core> Core::decode(StateSource& source, const char** why, TableMemory memory) {
  std::unique_ptr<State> state = decode_state(source, why, memory);
  if (state == nullptr) return nullptr;
  std::unique_ptr<Core> core(new Core);  // tidy: allow(allocation) at creation
  core->state_ = std::move(state);
  return core;
}

void Core::check_invariants() const {
  const char* why = state_->find_violation();
  if (why != nullptr) fatal(why, __FILE__, __LINE__);
}

}  // namespace saker::core
