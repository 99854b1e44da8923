// One session of the flow: what it sent, what it was told, and whether both can be true.
#pragma once

#include <map>

#include "client/outcome.hpp"
#include "client/requests.hpp"
#include "common/clock.hpp"
#include "tests/dpdk/checks.hpp"

namespace saker::tests {

/// The test's venue, tests/dpdk/venue.toml: market 1, asset 1 the quote, 2 the base.
inline constexpr std::uint32_t kMarket = 1, kQuoteAsset = 1, kBaseAsset = 2, kFeeAccount = 1;
inline constexpr Minor kQuotePerTickLot = 1;       // minor units of the quote asset
inline constexpr Minor kBasePerLot = 100'000'000;  // minor units of the base asset

struct PartyOrder {
  std::uint64_t order_id = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  std::int64_t cumulative_lots = 0;
  std::uint32_t fills = 0;
  client::Side side = client::Side::Buy;
  bool market = false;
  bool open = false;
  proto::Reason ended = proto::Reason::NONE;

  std::int64_t leaves_lots() const { return quantity_lots - cumulative_lots; }
};

/// All trades of the venue, from the reports of both sides.
class Trades {
 public:
  explicit Trades(Checks& checks) : checks_(checks) {}

  void add(const proto::Report& fill);
  /// Each trade was reported to a buyer and a seller, one the maker, alike.
  void check_both_sides();
  /// No trade waits for its other side.
  bool whole() const { return one_sided_ == 0; }
  std::uint64_t count() const { return trades_.size(); }

 private:
  struct Trade {
    std::int64_t price_ticks = 0;
    std::int64_t quantity_lots = 0;
    std::uint32_t buyers = 0, sellers = 0, makers = 0, takers = 0;
  };
  Checks& checks_;
  std::map<std::uint64_t, Trade> trades_;
  std::int64_t one_sided_ = 0;
};

/// Changes of balances that follow from the fills, (account, asset) -> minor units.
using Positions = std::map<std::pair<std::uint32_t, std::uint32_t>, Minor>;

class Party : public client::OrderEntryHandler {
 public:
  Party(const char* name, std::uint32_t account, Checks& checks, Trades& trades,
        Positions& positions)
      : name_(name), account_(account), checks_(checks), trades_(trades), positions_(positions) {}

  const char* name() const { return name_; }
  std::uint32_t account() const { return account_; }

  /// To be called for every command sent: what its outcome is checked against.
  void sent(std::uint64_t client_sequence, proto::CommandKind kind, std::uint64_t client_order_id,
            const client::NewOrderRequest* order = nullptr);
  std::uint64_t fresh_id() { return ++last_id_; }

  // -- what it knows ----------------------------------------------------------------------------
  /// The order that was sent with this id, or nullptr before it was accepted.
  const PartyOrder* order(std::uint64_t client_order_id) const;
  /// The outcome of a command, or nullptr before it is known.
  const client::Outcome* outcome(std::uint64_t client_sequence) const;
  bool all_decided() const { return decided_ == sent_.size(); }
  /// Of every command that was applied the report has come, in its place of the stream.
  bool reports_are_here() const { return reported_ == applied_; }
  std::size_t open_orders() const;
  /// An open order's client order id, `nth` modulo how many there are; 0 when there is none.
  std::uint64_t open_order(std::size_t nth) const;
  std::uint64_t commands() const { return sent_.size(); }
  std::uint64_t decided() const { return decided_; }
  std::uint64_t count(client::Result result) const {
    return results_[static_cast<std::size_t>(result)];
  }
  std::uint64_t never_applied() const { return count(client::Result::kNeverApplied); }
  std::uint64_t busy() const { return count(client::Result::kNotSequenced); }
  std::uint64_t fills() const { return fills_; }
  std::uint64_t cancelled_as(proto::Reason reason) const;
  std::uint64_t mass_cancels_done() const { return mass_cancels_done_; }
  /// Highest log sequence that it was told of.
  Sequence highest_sequence() const { return highest_sequence_; }
  std::uint64_t logons() const { return logons_; }
  std::uint64_t losses() const { return losses_; }

  // -- callbacks of the client -------------------------------------------------------------------
  void on_logged_on(const proto::LogonAccepted&) { ++logons_; }
  void on_connection_lost() { ++losses_; }
  void on_logon_refused(proto::Reason reason);
  void on_epoch_changed(std::uint32_t before, std::uint32_t now);
  void on_reports_lost(std::uint64_t from, std::uint64_t to);
  void on_outcome(const client::Outcome& outcome);
  void on_report(const proto::Report& report);
  void on_order_accepted(const proto::Report& report);
  void on_order_filled(const proto::Report& report);
  void on_order_cancelled(const proto::Report& report);
  void on_order_replaced(const proto::Report& report);
  void on_mass_cancel_done(const proto::Report&) { ++mass_cancels_done_; }

 private:
  struct Sent {
    proto::CommandKind kind = proto::CommandKind::None;
    std::uint64_t client_order_id = 0;
    std::uint32_t outcomes = 0;
    bool reported = false;
    client::Outcome outcome;
  };
  PartyOrder* known(const proto::Report& report, const char* what);
  void move(std::uint32_t asset, Minor amount) { positions_[{account_, asset}] += amount; }

  const char* name_;
  std::uint32_t account_;
  Checks& checks_;
  Trades& trades_;
  Positions& positions_;
  std::uint64_t last_id_ = UtcClock().now_ns();  // above every earlier run's
  std::map<std::uint64_t, Sent> sent_;                       // by client sequence
  std::map<std::uint64_t, client::NewOrderRequest> asked_;   // by client order id
  std::map<std::uint64_t, PartyOrder> orders_;               // by client order id
  std::map<std::uint64_t, std::uint64_t> ids_;               // engine's order id -> ours
  std::map<std::uint16_t, std::uint64_t> cancelled_;         // by reason
  std::uint64_t decided_ = 0;
  std::uint64_t applied_ = 0;   // of these, accepted or rejected
  std::uint64_t reported_ = 0;  // of these, with a report
  std::uint64_t highest_sequence_ = 0;
  std::uint64_t results_[5] = {};
  std::uint64_t fills_ = 0;
  std::uint64_t mass_cancels_done_ = 0;
  std::uint64_t logons_ = 0;
  std::uint64_t losses_ = 0;
  std::uint64_t next_report_ = 0;  // 0 before the first
};

}  // namespace saker::tests
