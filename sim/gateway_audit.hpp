// Holds what the gateway tells its customers against the durable log: an order once under its
// client_order_id and only as it was asked for, every answer as the log says, nothing called
// refused that is there, and nobody shown what is another's.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/judge.hpp"
#include "web/json.hpp"

namespace saker::sim {

/// An order as a customer asks for it.
struct WebOrder {
  std::uint64_t client_order_id = 0;  // 0: the gateway chooses
  std::uint32_t market = 0;
  proto::Side side = proto::Side::Buy;
  proto::OrderType type = proto::OrderType::Limit;
  proto::TimeInForce time_in_force = proto::TimeInForce::GoodTillCancel;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  auto operator<=>(const WebOrder&) const = default;
};

class GatewayAudit {
 public:
  /// Under policy memory what was told may be lost with its epoch: then only the log is judged,
  /// and what the follower pushes.
  GatewayAudit(Judge& judge, Verdict& verdict, Coverage& coverage, bool memory)
      : judge_(judge), verdict_(verdict), coverage_(coverage), memory_(memory) {}

  /// From Judge::on_command.
  void on_command(const core::Command& command, const core::Output& out);

  // -- what customers ask and are told -----------------------------------------------------------
  void on_asked(std::uint32_t account, const WebOrder& order);
  /// The order, as an answer or a push shows it; `at_least`: it includes this log sequence.
  void on_order(std::uint32_t account, const web::Fields& order, Sequence at_least);
  /// The order of this request, confirmed, with fills.
  void on_placed(std::uint32_t account, const WebOrder& asked, const web::Fields& answer);
  /// Nothing of any try is or will be in the log.
  void on_nothing_done(std::uint32_t account, const WebOrder& asked, const std::string& code);
  /// The id is used; `another`: for another order than this.
  void on_id_in_use(std::uint32_t account, const WebOrder& asked, bool another);
  void on_open_orders(std::uint32_t account, const web::Fields& answer, Sequence at_least);
  /// How often each id of the account has been asked for: what a list that is asked for now knows.
  using Asked = std::map<std::uint64_t, std::uint64_t>;
  Asked asked_so_far(std::uint32_t account);
  /// A list was given: of what was asked for before, there will be no more than there is now.
  void on_listed(std::uint32_t account, const Asked& before);
  void on_balances(std::uint32_t account, const web::Fields& answer, Sequence at_least);
  /// Orders that the answer to a cancel of all must not leave: those that are open now.
  std::set<std::uint64_t> open_orders(std::uint32_t account);
  void on_all_cancelled(std::uint32_t account, const std::set<std::uint64_t>& were_open);
  /// What one subscriber has been pushed.
  struct Pushes {
    std::map<std::string, std::uint64_t> last;  // by channel
    std::set<std::pair<std::uint64_t, std::uint64_t>> fills;  // order and trade
  };
  void on_push(std::uint32_t account, const std::string& text, Pushes& pushes);

 private:
  struct State {
    Sequence sequence = 0;
    std::uint64_t client_order_id = 0;
    std::int64_t price_ticks = 0, quantity_lots = 0, leaves_lots = 0, filled_lots = 0;
    bool cancelled = false;
    bool open() const { return !cancelled && leaves_lots > 0; }
  };
  struct OrderTruth {
    std::uint32_t account = 0, market = 0;
    proto::Side side = proto::Side::Buy;
    std::vector<State> states;
    std::map<std::uint64_t, proto::Report> fills;  // by trade
  };
  struct IdTruth {
    std::set<WebOrder> asked;
    std::uint64_t order_id = 0;  // 0: none
    WebOrder placed;
    std::uint64_t tries = 0;
    std::string refused;  // what the customer was told, who has not asked again; empty: nothing
  };
  struct AccountTruth {
    std::map<std::uint64_t, IdTruth> ids;
    std::map<WebOrder, std::int64_t> without_id;  // asked for and not in the log
    std::uint64_t open_print = 0;
    std::vector<std::pair<Sequence, std::uint64_t>> open_prints;
    std::map<std::uint32_t, std::vector<std::pair<Sequence, Minor>>> balances;
  };

  void on_new_order(const core::Command& command, const core::Output& out);
  void on_report(const proto::Report& report);
  const OrderTruth* order_of(std::uint32_t account, const web::Fields& order);
  void check_fills(const OrderTruth& truth, const web::Fields& answer);
  bool is_fill(std::uint32_t account, const web::Fields& fill) const;

  Judge& judge_;
  Verdict& verdict_;
  Coverage& coverage_;
  const bool memory_;
  std::map<std::uint32_t, AccountTruth> accounts_;
  std::unordered_map<std::uint64_t, OrderTruth> orders_;
};

}  // namespace saker::sim
