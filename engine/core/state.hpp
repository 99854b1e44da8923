// The state of one shard and everything that changes it. Methods are grouped by the file that
// implements them; docs/matching.md gives the rules in the same order.
#pragma once

#include <vector>

#include "engine/core/client_ids.hpp"
#include "engine/core/tables.hpp"

namespace saker::core {

using proto::CommandKind;
using proto::FeedKind;
using proto::Liquidity;
using proto::MarketPhase;
using proto::Reason;
using proto::ReportKind;
using proto::Side;

class State {
 public:
  State(const proto::Genesis& genesis, TableMemory memory);

  void apply(const Command& command, Output& out);

  // -- tables; index 0 of each is unused, ids start at 1 ---------------------------------------
  proto::Genesis genesis;
  Sequence sequence = 0;
  TimeNs time_ns = 0;
  std::uint64_t chain_head = 0;
  std::uint32_t epoch = 0;
  std::uint32_t rule_version = 1;
  std::uint32_t trading_day = 0;
  proto::CommitPolicy policy = proto::CommitPolicy::Memory;
  bool killed = false;  // kill switch on everything
  std::uint64_t next_trade_id = 1;
  std::uint64_t next_feed_order_id = 1;
  std::uint64_t next_feed_sequence = 1;
  std::uint64_t next_proposal = 1;
  std::uint32_t asset_count = 0;
  std::uint32_t market_count = 0;
  std::uint32_t firm_count = 0;
  std::uint32_t group_count = 0;
  std::uint32_t account_count = 0;
  std::uint32_t session_count = 0;
  std::uint32_t grant_count = 0;
  std::uint32_t open_orders = 0;
  std::uint32_t sweeping = 0;   // slot of the unfinished taker
  std::uint32_t active_jobs = 0;
  std::uint32_t last_job = 0;   // slot that ran last
  std::uint32_t fresh_slot = 1; // order slots from here on were never used
  std::vector<std::uint32_t> freed_slots;  // last in, first out

  std::vector<Asset> assets;
  std::vector<Firm> firms;
  std::vector<Group> groups;
  std::vector<Account> accounts;
  std::vector<Session> sessions;
  std::vector<Market> markets;
  std::vector<BalanceView> balances;       // [account][asset]
  std::vector<std::uint8_t> grants;        // [session][account] rights
  std::vector<Decision> decisions;         // [session][client sequence mod window]
  FixedArray<std::uint64_t> client_ids;    // [account][ring]
  ClientIdTable client_id_table;
  std::vector<OrderHot> hot;
  std::vector<OrderCold> cold;
  PriceArena prices;
  std::vector<Trade> trades;               // [trade id mod capacity]
  std::vector<Withdrawal> withdrawals;
  std::vector<Proposal> proposals;
  std::vector<Job> jobs;

  // -- state.cpp: lookups, balances, outputs ---------------------------------------------------
  BalanceView& balance(std::uint32_t account, std::uint32_t asset) {
    return balances[std::size_t{account} * (genesis.assets() + 1) + asset];
  }
  const BalanceView& balance(std::uint32_t account, std::uint32_t asset) const {
    return balances[std::size_t{account} * (genesis.assets() + 1) + asset];
  }
  std::uint8_t& grant(std::uint32_t session, std::uint32_t account) {
    return grants[std::size_t{session} * (genesis.accounts() + 1) + account];
  }
  Decision& decision(std::uint32_t session, std::uint64_t client_sequence) {
    return decisions[std::size_t{session} * kDecisionWindow + client_sequence % kDecisionWindow];
  }
  bool is_account(std::uint32_t id) const { return id >= 1 && id <= account_count; }
  bool is_market(std::uint32_t id) const { return id >= 1 && id <= market_count; }
  bool is_asset(std::uint32_t id) const { return id >= 1 && id <= asset_count; }
  bool is_session(std::uint32_t id) const { return id >= 1 && id <= session_count; }
  static std::uint64_t order_id(std::uint32_t slot, std::uint32_t generation) {
    return (std::uint64_t{generation} << 32) | slot;
  }
  std::uint64_t order_id(std::uint32_t slot) const {
    return order_id(slot, hot[slot].generation);
  }
  OrderPlace place(std::uint32_t slot) const {
    return static_cast<OrderPlace>(hot[slot].place);
  }

  /// `copy`: not the primary report, so not in the drop copy and without the client sequence.
  proto::Report& add_report(ReportKind kind, std::uint32_t session, std::uint32_t account,
                            bool copy = false);
  /// The one report of a rejected command; in the drop copy only if the sender may see it.
  proto::Report& add_reject(ReportKind kind, Reason reason, std::uint32_t account);
  /// Report about an order to `session`.
  proto::Report& order_report(ReportKind kind, std::uint32_t slot, std::uint32_t session,
                              bool copy = false);
  proto::FeedMessage& add_feed(FeedKind kind, std::uint32_t market);
  void define_market(std::uint32_t market);
  proto::MarketDefinition definition(std::uint32_t market) const;
  void add_leg(LegReason reason, std::uint32_t account, std::uint32_t asset, Minor amount,
               std::uint64_t reference, std::uint32_t market);
  void finish_chain(CommandKind kind, std::uint64_t feed_before);

  // -- orders.cpp: what one order does ---------------------------------------------------------
  void new_order(const proto::NewOrder& order);
  void cancel_order(const proto::CancelOrder& cancel);
  void replace_order(const proto::ReplaceOrder& replace);
  /// Slot of the resting order that a command names; 0 when there is none.
  std::uint32_t find_resting(std::uint32_t account, std::uint64_t id, std::uint64_t client_id);
  Reason check_replace_request(const proto::ReplaceOrder& replace, std::uint32_t slot) const;
  void carry_out_replace(const proto::ReplaceOrder& replace, std::uint32_t slot);
  Reason check_account_right(std::uint32_t account, std::uint32_t rights);
  bool is_killed(std::uint32_t account) const;

  // -- risk.cpp: holds, fees, bands, checks of fields ------------------------------------------
  struct Band {
    std::int64_t lowest = 0;
    std::int64_t highest = 0;  // 0 0: no band
  };
  Band band(const Market& market) const;
  static Int128 notional(const Market& market, std::int64_t price, std::int64_t lots) {
    return Int128{price} * lots * market.tick_value;
  }
  /// Most that the order can still cost, minor units of its quote asset; above 2^61: refused.
  static Int128 buy_hold(const Market& market, std::int64_t price, std::int64_t lots,
                         std::uint32_t fee_slack);
  /// Fee for `notional` at `ppm`, moving the slack along.
  static Minor take_fee(Minor notional, std::uint32_t ppm, std::uint32_t& slack);
  static std::int64_t affordable_lots(const Market& market, const OrderCold& order,
                                      std::int64_t price, std::uint32_t ppm, std::int64_t most);
  Reason check_new_order(const proto::NewOrder& order);
  Reason check_new_order_hold(const Market& market, const proto::NewOrder& order);
  static Reason check_order_fields(const Market& market, const proto::NewOrder& order);
  Reason check_replace(const proto::ReplaceOrder& replace, std::uint32_t slot) const;
  std::int64_t effective_limit(const Market& market, const proto::NewOrder& order) const;
  static std::int64_t budget_quantity(const Market& market, const proto::NewOrder& order);

  // -- book.cpp: slots, queues, lists ----------------------------------------------------------
  static std::uint32_t key_of(Side side, std::int64_t price) {
    const auto p = static_cast<std::uint32_t>(price);
    return side == Side::Buy ? kPriceLimit - 1 - p : p;
  }
  static Side opposite(Side side) { return side == Side::Buy ? Side::Sell : Side::Buy; }
  PriceIndex& book_side(const OrderHot& order) {
    return markets[order.market].sides[static_cast<int>(order.side)];
  }
  std::uint32_t take_slot();
  void free_slot(std::uint32_t slot);
  void enqueue(std::uint32_t slot);
  void dequeue(std::uint32_t slot);
  void list_order(std::uint32_t slot);
  void unlist_order(std::uint32_t slot);
  void join_session(std::uint32_t slot, std::uint32_t session);
  void leave_session(std::uint32_t slot);
  void remember_client_id(std::uint32_t slot);
  void retire_client_id(std::uint32_t slot);
  void change_hold(std::uint32_t slot, Minor hold);
  /// Takes a resting order off the book and tells the feed.
  void remove_from_book(std::uint32_t slot);
  /// The order is over: hold back, lists, client id, slot.
  void end_order(std::uint32_t slot);
  /// OrderCancelled to its session (or, requested by another, to both) and end_order.
  void finish_cancel(std::uint32_t slot, Reason reason);

  // -- matching.cpp ----------------------------------------------------------------------------
  void match(std::uint32_t taker);
  template <Side kTakerSide>
  void match_side(std::uint32_t taker);
  void trade(std::uint32_t taker, std::uint32_t maker, std::int64_t lots);
  void settle_trade(const Trade& trade, std::uint32_t buy, std::uint32_t sell);
  void report_fill(std::uint32_t slot, const Trade& trade, Liquidity liquidity);
  void rest_or_cancel(std::uint32_t taker);

  // -- jobs.cpp --------------------------------------------------------------------------------
  void mass_cancel(const proto::MassCancel& command);
  Reason check_mass_cancel(const proto::MassCancel& command);
  void start_job(std::uint32_t slot, const Job& job);
  void run_job(std::uint32_t slot);
  bool job_matches(const Job& job, std::uint32_t slot) const;
  bool account_in_scope(const Job& job, std::uint32_t account) const;
  /// Moves the walk to the next account; false when there is none.
  bool next_account(Job& job);
  void set_cursor(Job& job, std::uint32_t slot);
  void move_cursors(std::uint32_t slot, bool session_lists);
  void continue_job();
  void start_disconnect(std::uint32_t session);

  // -- admin.cpp, funds.cpp --------------------------------------------------------------------
  void apply_admin(const Command& command);
  struct AdminAnswer {
    Reason reason = Reason::NONE;
    std::uint64_t reference = 0;
    std::uint64_t number = 0;   // order_id of the answer
    std::uint32_t account = 0;
    std::uint32_t market = 0;
    Minor amount = 0;
  };
  /// Answers the command. Called before the effects that report themselves.
  void answer_admin(const AdminAnswer& answer);
  Reason check_admin_right(CommandKind kind) const;
  Reason configure(const Command& command, AdminAnswer& answer);
  Reason add_asset(const proto::AddAsset& add);
  Reason add_group(const proto::AddGroup& add);
  Reason add_account(const proto::AddAccount& add);
  Reason add_session(const proto::AddSession& add);
  Reason add_market(const proto::AddMarket& add);
  Reason set_market_params(const proto::SetMarketParams& set);
  Reason set_reference_price(const proto::SetReferencePrice& set);
  Reason grant_account(const proto::GrantAccount& grant);
  Reason set_rule_version(std::uint32_t version);
  void kill_switch(const proto::KillSwitch& kill);
  bool* kill_flag(proto::Scope scope, std::uint32_t id);
  static bool params_valid(const proto::MarketParams& params, std::int64_t lot_size);
  void deposit(const proto::Deposit& deposit);
  void withdraw_hold(const proto::WithdrawHold& hold);
  void withdraw_settle(const proto::WithdrawSettle& settle);
  void propose(const Proposal& proposal, Reason reason, AdminAnswer answer);
  void propose_transfer(const proto::ProposeTransfer& transfer);
  void propose_bust(const proto::ProposeTradeBust& bust);
  void approve(std::uint64_t number);
  void reject_proposal(std::uint64_t number);
  Reason carry_out_check(const Proposal& proposal);
  void carry_out(const Proposal& proposal);
  void bust(Trade& trade, const Market& market);
  void funds_changed(std::uint32_t account, std::uint32_t asset, Minor change,
                     std::uint64_t reference);
  Trade* find_trade(std::uint64_t trade_id);

  // -- invariants.cpp --------------------------------------------------------------------------
  /// The first invariant that does not hold, as text; nullptr when all do.
  const char* find_violation() const;

  // -- the command being applied ---------------------------------------------------------------
  CommandEnvelope from;
  Output* out = nullptr;
  std::uint32_t fills = 0;  // in this command
  void apply_session(const Command& command);
  void remember_decision();
};

/// encode.cpp: the canonical logical state as bytes and back.
void encode_state(State& state, StateSink& sink);
std::unique_ptr<State> decode_state(StateSource& source, const char** why, TableMemory memory);

/// core.cpp: why a genesis record cannot be used; nullptr when it can.
const char* genesis_violation(const proto::Genesis& genesis);

}  // namespace saker::core
