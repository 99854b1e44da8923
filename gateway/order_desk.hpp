// Commands on their way: each is answered once, when the engine has decided and committed it and
// all reports of it are here; or, when that takes too long, with OUTCOME_UNKNOWN and the id to ask
// by.
//
// Knows of no HTTP: requests come read and checked, answers go to a function.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "gateway/accounts.hpp"
#include "gateway/order_request.hpp"

namespace saker::gateway {

struct OrderDeskLimits {
  std::uint64_t patience_ns = 5'000'000'000;         // until OUTCOME_UNKNOWN
  std::uint64_t follower_patience_ns = 300'000'000;  // until the engine's reports alone must do
  std::uint64_t disk_full_pause_ns = 5'000'000'000;  // of orders, when the venue's disk is full
  std::size_t max_in_flight = 512;
  std::size_t max_mass_cancels = 128;                // waiting; the venue runs one at a time
};

struct CommandResult {
  std::optional<web::ApiError> error;
  Order order;                    // place, replace, cancel
  std::vector<Fill> fills;        // of this command
  std::uint64_t cancelled = 0;    // mass cancel
  Sequence sequence = 0;          // what the account is shown from now on includes it
};
using CommandDone = std::function<void(const CommandResult&)>;

struct OrderDeskCounters {
  std::uint64_t commands = 0;
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t not_sequenced = 0;
  std::uint64_t unknown = 0;       // answered OUTCOME_UNKNOWN
  std::uint64_t repeated = 0;      // the same order again, answered with what there is
};

class OrderDesk {
 public:
  OrderDesk(Schedule& schedule, const OrderDeskLimits& limits, Accounts& accounts)
      : schedule_(schedule), limits_(limits), accounts_(accounts) {}
  void connect(Venue& venue) { venue_ = &venue; }

  // All throw ApiError when nothing was sent; otherwise `done` is called once.
  void place(std::uint32_t account, NewOrder order, CommandDone done);
  void replace(std::uint32_t account, client::ReplaceOrderRequest request, CommandDone done);
  void cancel(std::uint32_t account, const OrderName& name, CommandDone done);
  void cancel_all(std::uint32_t account, client::MassCancelRequest request, CommandDone done);

  // From the venue.
  void on_outcome(const client::Outcome& outcome);
  void on_report(const proto::Report& report);
  /// Answers what can be answered now; call it after each turn and every few milliseconds.
  void poll();

  std::size_t in_flight() const { return pending_.size(); }
  /// Calls `done` without an error when the account's orders sent up to now are decided, those of
  /// an earlier gateway too, maybe at once: no list of its orders is the whole truth before. With
  /// OUTCOME_UNKNOWN, or UNAVAILABLE before the first logon, when that takes too long.
  using Certain = std::function<void(const std::optional<web::ApiError>&)>;
  void when_certain(std::uint32_t account, Certain done);
  const OrderDeskCounters& counters() const { return counters_; }

 private:
  struct Pending {
    proto::CommandKind kind = proto::CommandKind::None;
    std::uint32_t account = 0;
    std::uint64_t client_order_id = 0;
    std::uint64_t reference = 0;            // mass cancel
    std::optional<NewOrder> order;
    std::optional<client::Outcome> outcome;
    std::vector<proto::Report> reports;     // of this command, in order
    std::uint64_t order_id = 0;
    Sequence sequence = 0;                  // of its last report
    std::uint64_t cancelled = 0;            // mass cancel: orders whose end has been reported
    bool mass_cancel_done = false;
    TimeNs history_asked_ns = 0;            // duplicate id: what became of the order that has it
    std::optional<OrderStory> story;
    TimeNs sent_ns = 0;
    TimeNs decided_ns = 0;
    TimeNs reported_ns = 0;
    CommandDone done;
  };
  struct WaitingReader {
    std::uint32_t account;
    std::uint64_t last_number;  // of the orders that are waited for
    TimeNs give_up_ns;
    Certain done;
  };
  struct WaitingCancel {
    std::uint32_t account;
    client::MassCancelRequest request;
    TimeNs give_up_ns;
    CommandDone done;
  };

  /// An order on its way to the engine, also when nobody waits for it here any more.
  struct Undecided {
    std::uint32_t account = 0;
    std::uint64_t client_order_id = 0;
    bool operator==(const Undecided&) const = default;
  };

  void check_room();
  void check_disk();
  Pending& enter(std::uint64_t number, proto::CommandKind kind, std::uint32_t account,
                 CommandDone done);
  void send_mass_cancel();
  /// True when it has been answered.
  bool try_answer(std::uint64_t number, Pending& pending);
  bool answer_refusal(std::uint64_t number, Pending& pending);
  bool answer_duplicate(std::uint64_t number, Pending& pending);
  void ask_story(std::uint64_t number, Pending& pending, const AccountView& view);
  bool answer_accepted(std::uint64_t number, Pending& pending);
  bool is_asked_twice(std::uint64_t number, const Pending& pending) const;
  void note_placed(const Undecided& order, const client::Outcome& outcome);
  static bool is_about(const Pending& pending, const proto::Report& report);
  void note_mass_cancel(const proto::Report& report);
  bool maybe_sweeping(const Pending& pending) const;
  bool from_reports(const Pending& pending, Order& order) const;
  void give_up(std::uint64_t number, Pending& pending);
  /// An order up to `last_number` of the account that is not decided; nullptr when there is none.
  const Undecided* find_undecided(std::uint32_t account, std::uint64_t last_number) const;
  void serve_readers();
  void finish(std::uint64_t number, Pending& pending, CommandResult result);

  Schedule& schedule_;
  const OrderDeskLimits limits_;
  Accounts& accounts_;
  Venue* venue_ = nullptr;
  std::map<std::uint64_t, Pending> pending_;  // by client sequence number
  std::map<std::uint64_t, Undecided> undecided_;  // likewise
  std::vector<WaitingReader> readers_;
  std::deque<WaitingCancel> mass_cancels_;
  bool mass_cancel_runs_ = false;
  TimeNs mass_cancel_after_ns_ = 0;
  TimeNs disk_full_until_ns_ = 0;
  std::uint64_t last_given_id_ = 0;
  OrderDeskCounters counters_;
};

/// What a caller sees of an engine's refusal: 422 with the reason's word, its sentences as message.
web::ApiError refusal_of(proto::Reason reason);

}  // namespace saker::gateway
