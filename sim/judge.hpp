// The judge: replays what the disk really holds and knows from it everything that anybody may
// ever be told. It has its own core and holds the naive model beside it, and checks of its own that
// trust no core: every command once, every number once, every stream without a gap, every order's
// quantities adding up, every asset conserved.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/core/core.hpp"
#include "sim/coverage.hpp"
#include "sim/durable_log.hpp"
#include "sim/naive/naive_exchange.hpp"
#include "sim/verdict.hpp"

namespace saker::sim {

/// What the log says about one client sequence number.
struct LoggedCommand {
  Sequence engine_sequence = 0;
  proto::CommandKind kind = proto::CommandKind::None;
  std::uint64_t body_hash = 0;
  proto::Report first_report;  // the decision
};

/// Hash under which commands are compared: kind and body.
std::uint64_t command_hash(proto::CommandKind kind, Bytes body);

class Judge {
 public:
  Judge(SimDisk& disk, Verdict& verdict, Coverage& coverage);

  /// Reads what has become durable since the last call.
  void advance();
  /// Called for each record that becomes durable, after it was replayed.
  using OnCommand = std::function<void(const core::Command&, const core::Output&)>;
  void on_command(OnCommand fn) { on_command_.push_back(std::move(fn)); }

  Sequence durable() const { return log_.last_sequence(); }
  std::uint32_t epoch_of(Sequence sequence) const { return epochs_[sequence - 1]; }
  std::uint64_t chain_head(Sequence sequence) const { return heads_[sequence - 1]; }
  const core::Core* core() const { return core_.get(); }

  /// Null when the durable log holds none.
  const LoggedCommand* logged(std::uint32_t session, std::uint64_t client_sequence) const;
  const proto::Report* report(std::uint32_t session, std::uint64_t report_sequence) const;
  const proto::Report* drop_copy(std::uint32_t account, std::uint64_t account_sequence) const;
  const proto::FeedMessage* feed(std::uint64_t feed_sequence) const;
  /// Log sequence of the command that numbered the feed message.
  Sequence feed_origin(std::uint64_t feed_sequence) const;
  /// How many feed messages the commands up to `sequence` made.
  std::uint64_t feed_count_at(Sequence sequence) const { return feed_counts_[sequence - 1]; }
  std::uint64_t reports_of(std::uint32_t session) const;
  std::uint64_t feed_count() const { return feed_.size(); }
  std::uint64_t trade_count() const { return trades_.size(); }
  std::uint64_t proposal_count() const { return proposals_; }
  /// Highest client sequence number that the log held when it was `up_to` long.
  std::uint64_t highest_client_sequence(std::uint32_t session, Sequence up_to) const;
  /// Order-insensitive fingerprint of a market's book after the feed message (0: none yet).
  std::uint64_t book_print(std::uint32_t market, std::uint64_t feed_sequence) const;

  /// The slow checks: the core's own invariants, balances against the sum of all legs, books
  /// against the feed, the log once more from the disk.
  void full_check();

 private:
  struct OrderState {
    std::int64_t quantity = 0;
    std::int64_t cumulative = 0;
    bool open = false;
  };
  struct FeedOrder {
    std::uint32_t market = 0;
    proto::Side side = proto::Side::Buy;
    std::int64_t price_ticks = 0;
    std::int64_t quantity_lots = 0;
  };
  struct Stream {
    std::vector<proto::Report> reports;
  };

  void replay(const journal::RecordHeader& header, Bytes payload);
  bool start(const journal::RecordHeader& header, Bytes body);
  void note_client_command(const core::Command& command);
  void check_window(const core::Command& command);
  void count_situations(const core::Command& command);
  void note_report(const proto::Report& report);
  void note_order(const proto::Report& report);
  void note_feed(const proto::FeedMessage& message);
  void note_legs(Sequence sequence);
  void compare_with_naive(const core::Command& command);
  void apply_to_shadow(const core::Command& command);
  void renew_shadow();
  void check_balances();
  void check_books();

  Verdict& verdict_;
  Coverage& coverage_;
  DurableLog log_;
  std::vector<OnCommand> on_command_;
  std::unique_ptr<core::Core> core_;
  std::unique_ptr<naive::NaiveExchange> naive_;
  std::unique_ptr<core::Core> shadow_;  // from a snapshot, then the tail of the log
  core::Output out_;
  core::Output shadow_out_;
  std::vector<std::uint64_t> heads_;
  std::vector<std::uint64_t> feed_counts_;
  std::vector<std::uint32_t> epochs_;
  std::map<std::uint32_t, Stream> sessions_;
  std::map<std::uint32_t, Stream> accounts_;
  std::map<std::uint32_t, std::map<std::uint64_t, LoggedCommand>> logged_;
  std::vector<proto::FeedMessage> feed_;
  std::vector<Sequence> feed_origin_;
  /// Per market: its book's fingerprint after each feed message that changed it.
  std::map<std::uint32_t, std::map<std::uint64_t, std::uint64_t>> prints_;
  std::unordered_map<std::uint64_t, OrderState> orders_;
  std::unordered_map<std::uint64_t, FeedOrder> book_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Minor> balances_;
  std::uint64_t proposals_ = 0;
  std::unordered_map<std::uint64_t, int> trades_;  // fill reports of each
};

/// One order's share of a book's fingerprint.
std::uint64_t order_print(std::uint32_t market, std::uint64_t feed_order_id, proto::Side side,
                          std::int64_t price_ticks, std::int64_t quantity_lots);

}  // namespace saker::sim
