// The exchange again, slow and obvious: docs/matching.md in ordered maps and 128-bit integers.
// Exists to disagree with engine/core. One thread, allocates freely.
//
//   Events events = model.apply(command);   // byte for byte what the core must produce
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "sim/naive/naive_types.hpp"

namespace saker::naive {

struct Order {
  std::uint64_t id = 0;
  std::uint64_t client_order_id = 0;
  std::int64_t price = 0;       // ticks; a market order's effective limit
  std::int64_t quantity = 0;    // lots, fills included
  std::int64_t leaves = 0;
  std::int64_t cumulative = 0;
  std::int64_t hold = 0;        // minor units of the asset it gives
  std::int64_t slack = 0;       // fee paid above the exact fee so far, in millionths of a unit
  std::uint32_t account = 0;
  std::uint32_t market = 0;
  std::uint32_t session = 0;
  proto::Side side = proto::Side::Buy;
  proto::OrderType type = proto::OrderType::Limit;
  proto::TimeInForce time_in_force = proto::TimeInForce::GoodTillCancel;
  bool by_budget = false;
  bool resting = false;
  std::uint64_t feed_order_id = 0;
  std::uint64_t entry_sequence = 0;
  std::uint64_t entered_ns = 0;
  std::uint64_t account_rank = 0;  // place among the account's orders
  std::uint64_t session_rank = 0;  // place among the session's orders
};

struct Market {
  proto::MarketDefinition definition;
  proto::MarketParams params;
  std::uint32_t fee_account = 0;
  std::int64_t reference_price = 0;
  std::int64_t last_price = 0;  // 0 before the first trade
  // Price -> order ids in time order. Bids are read from the back, asks from the front.
  std::map<std::int64_t, std::deque<std::uint64_t>> bids, asks;
};

struct Account {
  std::uint32_t group = 0;
  std::uint32_t max_open_orders = 0;
  std::uint64_t next_account_sequence = 1;
  std::map<std::uint32_t, Balance> balances;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> client_ids;  // recent id -> order id
  std::map<std::uint64_t, std::uint64_t> open;                     // account rank -> order id
};

struct Session {
  std::uint32_t firm = 0;
  std::uint32_t rights = 0;
  std::uint32_t key_id = 0;
  bool cancel_on_disconnect = false;
  bool connected = false;
  std::uint64_t connection = 0;
  std::uint64_t next_report_sequence = 1;
  std::uint64_t highest = 0;
  std::map<std::uint64_t, Decision> seen;
  std::map<std::uint64_t, std::uint64_t> orders;  // session rank -> order id
};

struct Job {
  proto::Scope scope = proto::Scope::All;
  std::uint32_t scope_id = 0;
  std::uint32_t market = 0;
  std::uint8_t side = 0;  // 0 both, 1 buys, 2 sells
  proto::Reason reason = proto::Reason::NONE;
  std::uint64_t cutoff = 0;
  std::uint32_t asker = 0;
  std::uint64_t reference = 0;
  std::int64_t cancelled = 0;
  std::uint32_t at_account = 0;  // the account being walked; 0 before the first
  std::uint64_t next_rank = 0;   // of the order to look at next; 0 = none in this list
};

struct Withdrawal {
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
  std::int64_t amount = 0;
};

struct Proposal {
  bool is_bust = false;
  std::uint64_t trade = 0;
  proto::ProposeTransfer transfer;
  std::uint32_t proposer = 0;
  std::uint32_t first_approver = 0;
  bool approved_once = false;
};

struct Trade {
  std::uint64_t id = 0;
  std::uint32_t market = 0;
  std::int64_t price = 0;
  std::int64_t quantity = 0;
  std::int64_t base_amount = 0;
  std::int64_t quote_amount = 0;
  std::uint32_t buyer = 0;
  std::uint32_t seller = 0;
  std::int64_t buyer_fee = 0;
  std::int64_t seller_fee = 0;
  proto::Side maker_side = proto::Side::Buy;
  bool busted = false;
};

struct Asset {
  std::uint8_t decimals = 0;
  std::array<std::uint8_t, 16> symbol{};
  Int128 sum = 0;  // over all accounts
};

class NaiveExchange {
 public:
  explicit NaiveExchange(const proto::Genesis& genesis);

  Events apply(const Command& command);

  bool has_urgent_job() const { return sweeping_ != 0; }
  bool has_job() const { return sweeping_ != 0 || !jobs_.empty(); }
  Verdict check_sequence(std::uint32_t session, std::uint64_t client_sequence) const;
  Decision decision(std::uint32_t session, std::uint64_t client_sequence) const;
  Balance balance(std::uint32_t account, std::uint32_t asset) const;
  std::uint32_t asset_count() const { return static_cast<std::uint32_t>(assets_.size()); }
  std::uint32_t account_count() const { return static_cast<std::uint32_t>(accounts_.size()); }
  std::uint32_t market_count() const { return static_cast<std::uint32_t>(markets_.size()); }
  std::uint32_t session_count() const { return static_cast<std::uint32_t>(sessions_.size()); }
  std::uint64_t open_order_count() const { return orders_.size(); }
  std::uint64_t next_feed_sequence() const { return next_feed_sequence_; }
  std::uint64_t next_account_sequence(std::uint32_t account) const {
    return accounts_[account - 1].next_account_sequence;
  }
  const Session& session(std::uint32_t id) const { return sessions_[id - 1]; }
  const proto::MarketDefinition& definition(std::uint32_t market) const {
    return markets_[market - 1].definition;
  }
  /// What the account's open withdrawals hold.
  std::int64_t withdrawal_holds(std::uint32_t account, std::uint32_t asset) const;
  /// The account's open orders (resting, or sweeping), oldest first.
  std::vector<proto::OpenOrder> open_orders(std::uint32_t account) const;
  /// One side of a book, best first, in priority order.
  std::vector<proto::BookOrder> book(std::uint32_t market, proto::Side side) const;

 private:
  using Reason = proto::Reason;
  using Side = proto::Side;

  // naive_exchange.cpp: dispatch, reports, feed, money.
  void dispatch();
  proto::Report& add_report(std::uint32_t session, proto::ReportKind kind, std::uint32_t account,
                            bool primary);
  proto::Report& order_report(std::uint32_t session, proto::ReportKind kind, const Order& order,
                              bool primary);
  proto::FeedMessage& add_feed(proto::FeedKind kind, std::uint32_t market);
  proto::FeedMessage& order_feed(proto::FeedKind kind, const Order& order);
  void add_leg(std::uint32_t account, std::uint32_t asset, std::int64_t amount, LegReason reason,
               std::uint64_t reference, std::uint32_t market);
  void update_chain(std::uint64_t first_feed_sequence);
  Balance& balance_of(std::uint32_t account, std::uint32_t asset);

  // naive_checks.cpp: who may do what, what a market takes.
  bool logged_on() const;
  bool has_right(std::uint32_t rights) const;
  bool has_grant(std::uint32_t account, std::uint32_t rights) const;
  Reason may_act_for(std::uint32_t account, std::uint32_t rights) const;
  bool killed(std::uint32_t account) const;
  bool client_id_known(std::uint32_t account, std::uint64_t client_id,
                       std::uint64_t* order) const;
  Order* find_order(std::uint32_t account, std::uint64_t order_id, std::uint64_t client_id);
  std::pair<std::int64_t, std::int64_t> band(const Market& market) const;
  static bool outside(const std::pair<std::int64_t, std::int64_t>& band, std::int64_t price);
  bool level_can_be_made(std::uint32_t market, Side side, std::int64_t price) const;
  Int128 notional(const Market& market, std::int64_t price, std::int64_t quantity) const;
  Int128 hold_for(const Order& order, std::int64_t price, std::int64_t leaves) const;

  // naive_orders.cpp: NewOrder, CancelOrder, ReplaceOrder.
  void new_order();
  Reason check_new_order(const proto::NewOrder& c, std::uint64_t* duplicate_of);
  Reason check_new_fields(const proto::NewOrder& c, const Market& market);
  Reason check_new_notional(const proto::NewOrder& c, const Market& market);
  Reason set_effective_limit(const proto::NewOrder& c, const Market& market, Order* order);
  void accept_new_order(Order order);
  void cancel_order();
  void replace_order();
  Reason check_replace(const proto::ReplaceOrder& c, Order** found, bool* to_filled);
  Reason check_replace_change(const proto::ReplaceOrder& c, const Order& order);
  void replace_in_place(Order& order, std::int64_t leaves, std::int64_t price,
                        std::int64_t quantity);
  void set_hold(Order& order, std::int64_t hold);
  void move_to_session(Order& order, std::uint32_t session);
  void cancel_reports(const Order& order, Reason reason);
  void end_order(Order& order);
  void add_to_book(Order& order);
  void take_off_book(Order& order);
  void cancel_resting(Order& order, Reason reason, bool requested);

  // naive_matching.cpp: a taker against the book.
  void match(Order& taker);
  Order* best_opposite(const Order& taker);
  static bool within_limit(const Order& taker, const Order& maker);
  std::int64_t tradable_quantity(const Order& taker, const Order& maker);
  void trade(Order& taker, Order& maker, std::int64_t quantity);
  void settle(Order& buy, Order& sell, const Trade& trade);
  void settle_holds(Order& buy, Order& sell, const Trade& trade);
  void fill_report(const Order& order, const Trade& trade, std::int64_t fee,
                   proto::Liquidity liquidity);
  std::int64_t charge_fee(Order& order, Int128 notional, std::uint32_t rate_ppm);
  void finish_taker(Order& taker);
  void cancel_remainder(Order& taker, Reason reason);

  // naive_jobs.cpp: mass cancels, kill switches, sessions, Continue.
  void mass_cancel();
  Reason check_mass_cancel(const proto::MassCancel& c) const;
  void session_command();
  void start_job(std::uint32_t slot, const Job& job);
  void run_step(std::uint32_t slot);
  bool next_account(Job& job);
  using Ranks = std::map<std::uint64_t, std::uint64_t>;
  const Ranks& walked_list(const Job& job) const;
  static std::uint64_t rank_after(const Ranks& ranks, std::uint64_t rank);
  void leaves_list(const Ranks& ranks, std::uint64_t rank);
  bool account_in_scope(const Job& job, std::uint32_t account) const;
  void job_done(const Job& job);
  void continue_work();

  // naive_admin.cpp and naive_funds.cpp: administration.
  void admin();
  Reason admin_permission() const;
  void admin_fields(proto::Report& answer);
  Reason run_admin();
  Reason run_money();
  static Reason next_id(std::uint32_t id, std::size_t count, std::uint32_t capacity);
  Reason add_asset(const proto::AddAsset& c);
  Reason add_firm(const proto::AddFirm& c);
  Reason add_group(const proto::AddGroup& c);
  Reason add_account(const proto::AddAccount& c);
  Reason add_session(const proto::AddSession& c);
  Reason add_market(const proto::AddMarket& c);
  Reason set_market_params(const proto::SetMarketParams& c);
  Reason set_market_phase(const proto::SetMarketPhase& c);
  Reason set_reference_price(const proto::SetReferencePrice& c);
  Reason grant_account(const proto::GrantAccount& c);
  Reason roll_trading_day(const proto::RollTradingDay& c);
  Reason set_rule_version(std::uint32_t version);
  Reason kill_switch(const proto::KillSwitch& c);
  Reason deposit(const proto::Deposit& c);
  Reason withdraw_hold(const proto::WithdrawHold& c);
  Reason withdraw_settle(const proto::WithdrawSettle& c);
  Reason propose_transfer(const proto::ProposeTransfer& c);
  Reason propose_bust(const proto::ProposeTradeBust& c);
  Reason open_proposal(Proposal proposal);
  Reason approve(const proto::ApproveProposal& c);
  Reason reject_proposal(const proto::RejectProposal& c);
  Reason transfer(const Proposal& proposal, std::uint64_t number);
  Reason bust(const Proposal& proposal);
  Trade* kept_trade(std::uint64_t id);
  void define_market(Market& market);
  void funds_changed(std::uint32_t account, std::uint32_t asset, std::int64_t change,
                     std::uint64_t reference);

  bool account_exists(std::uint32_t id) const { return id >= 1 && id <= accounts_.size(); }
  bool market_exists(std::uint32_t id) const { return id >= 1 && id <= markets_.size(); }
  bool asset_exists(std::uint32_t id) const { return id >= 1 && id <= assets_.size(); }
  bool firm_exists(std::uint32_t id) const { return id >= 1 && id <= firm_count_; }
  bool group_exists(std::uint32_t id) const { return id >= 1 && id <= group_firm_.size(); }
  bool session_exists(std::uint32_t id) const { return id >= 1 && id <= sessions_.size(); }
  Market& market_of(const Order& order) { return markets_[order.market - 1]; }
  const Market& market_of(const Order& order) const { return markets_[order.market - 1]; }

  const proto::Genesis genesis_;
  std::uint32_t rules_ = 1;
  const Command* command_ = nullptr;
  Events* events_ = nullptr;
  std::uint64_t chain_head_ = 0;
  std::uint64_t next_feed_sequence_ = 1;
  std::uint64_t next_feed_order_id_ = 1;
  std::uint64_t next_trade_id_ = 1;
  std::uint64_t next_proposal_ = 1;
  std::uint64_t next_rank_ = 1;
  std::uint32_t trading_day_ = 0;
  int fills_ = 0;  // in this command

  std::vector<Asset> assets_;
  std::vector<Market> markets_;
  std::uint32_t firm_count_ = 0;
  std::vector<std::uint32_t> group_firm_;
  std::vector<Account> accounts_;
  std::vector<Session> sessions_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> grants_;
  std::set<std::pair<std::uint8_t, std::uint32_t>> kill_switches_;  // scope, id

  std::map<std::uint64_t, Order> orders_;  // by order id
  std::vector<std::uint32_t> free_slots_;  // used from the back
  std::vector<std::uint32_t> generations_;
  std::map<std::array<std::int64_t, 3>, int> leaves_in_use_;  // market, side, price/64 -> levels

  std::uint64_t sweeping_ = 0;  // order id
  std::map<std::uint32_t, Job> jobs_;  // by slot
  std::uint32_t last_slot_run_ = 0;
  std::map<std::uint64_t, Withdrawal> withdrawals_;
  std::map<std::uint64_t, Proposal> proposals_;
  std::deque<Trade> trades_;
};

}  // namespace saker::naive
