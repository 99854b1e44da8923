// A market participant: the real client code with a random trader (or administrator) on top. It
// restarts now and then like a program that was killed, and tells the auditor everything its
// application is told.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "client/feed_client.hpp"
#include "client/order_entry_client.hpp"
#include "sim/auditor.hpp"
#include "sim/sim_network.hpp"
#include "sim/venue.hpp"

namespace saker::sim {

class SimClient : public client::OrderEntryHandler, public client::FeedHandler {
 public:
  struct Place {
    std::uint32_t session = 0;
    net::Endpoint engine;
    net::Endpoint follower;
  };
  struct Watch {
    Judge& judge;
    Auditor& auditor;
    Verdict& verdict;
    Coverage& coverage;
  };
  SimClient(const Place& place, SimTransport& transport, const Watch& watch, Rng rng,
            bool memory);

  /// The program is killed and started again; `now_ns` is its first moment.
  void restart(TimeNs now_ns);
  /// Takes what has arrived and does what is due.
  void poll(TimeNs now_ns);
  /// Sends something, if it feels like it.
  void act();
  /// No new business: from now on only what is under way.
  void settle() { settling_ = true; }
  /// Nothing undecided, every report that exists delivered, books live and complete.
  bool quiet(std::string& why) const;
  /// The feed's books are what they are at this point of the feed.
  void check_books();
  std::uint32_t session() const { return place_.session; }
  /// Of the logon that is in force, 0: none.
  std::uint64_t connection() const {
    return sdk_->entry.logged_on() ? sdk_->entry.accepted().connection() : 0;
  }

  // Called by the client code.
  void on_logged_on(const proto::LogonAccepted& accepted);
  void on_connection_lost() { watch_.coverage.add(Count::connection_lost); }
  void on_epoch_changed(std::uint32_t before, std::uint32_t now);
  void on_reports_lost(std::uint64_t from, std::uint64_t to);
  void on_outcome(const client::Outcome& outcome);
  void on_report(const proto::Report& report);
  void on_feed_lost(std::uint64_t from, std::uint64_t to);

 private:
  struct Sdk {
    Sdk(const client::SessionConfig& config, const client::FeedConfig& feed_config,
        SimTransport& transport, SimClient& owner)
        : queries(config, transport), entry(config, transport, queries, owner),
          feed(feed_config, queries, owner) {}
    client::QueryClient<SimTransport> queries;
    client::OrderEntryClient<SimTransport, SimClient> entry;
    client::FeedClient<SimTransport, SimClient> feed;
  };
  struct OpenOrder {
    std::uint64_t order_id = 0;
    std::uint64_t client_order_id = 0;
    std::uint32_t account = 0;
  };

  template <class Request>
  void submit(const Request& request);
  void note_sent(std::uint64_t number, proto::CommandKind kind, Bytes body);
  void trade();
  void new_order();
  void cancel_order();
  void replace_order();
  void mass_cancel();
  void lay_ladder();
  void clear_ladder();
  void administer();
  void approve();
  void move_funds();
  std::uint64_t new_client_order_id();
  void subscribe(TimeNs now_ns);

  const Place place_;
  SimTransport& transport_;
  const Watch watch_;
  Rng rng_;
  const bool memory_;
  bool settling_ = false;
  std::uint64_t ladder_rungs_ = 0;      // still to be laid
  bool ladder_laid_ = false;
  TimeNs subscribe_at_ns_ = 0;
  std::uint64_t ids_ = 0;
  std::uint64_t last_client_order_id_ = 0;
  std::uint64_t resume_from_ = 0;       // report sequence that a program with a memory kept
  std::optional<std::uint64_t> expected_report_;
  std::unordered_map<std::uint64_t, std::uint64_t> sent_;  // number -> hash, this incarnation
  std::unordered_map<std::uint64_t, proto::CommandKind> sent_kind_;
  std::vector<OpenOrder> open_;
  std::vector<std::uint64_t> withdrawals_;
  std::unique_ptr<Sdk> sdk_;
};

}  // namespace saker::sim
