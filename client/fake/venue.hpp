// An engine and a follower for the SDK's tests: the real protocol code, a toy exchange behind it.
// Buys and sells rest in one market and never match; an immediate-or-cancel order is filled by an
// invisible other side. Knobs let a test refuse, forget, restart and fall silent.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "client/fake/network.hpp"
#include "feed_generated.h"
#include "proto/codec.hpp"
#include "proto/commands.hpp"
#include "proto/handshake.hpp"
#include "query_generated.h"

namespace saker::client::fake {

class Venue {
 public:
  static constexpr std::uint32_t kSession = 7;
  static constexpr std::uint32_t kAccount = 3;
  static constexpr net::Endpoint kEngine{0x7F000001, 3001};
  static constexpr net::Endpoint kFollower{0x7F000001, 3002};

  Venue(Network& network, const proto::Secret& secret);

  void poll();

  // -- knobs ----------------------------------------------------------------------------------
  std::uint32_t refuse_next = 0;            // answer so many commands with Busy
  std::uint32_t silent_next = 0;            // and swallow so many
  std::uint32_t mute_reports_next = 0;      // reports datagrams that are never sent
  bool down = false;                        // the engine does not run
  bool follower_down = false;
  std::uint64_t follower_limit = UINT64_MAX;  // log sequence it has reached
  std::uint64_t oldest_report = 1;          // older ones are gone from the follower
  std::uint64_t oldest_feed = 1;
  bool forget_old_numbers = false;          // answer every known number with OUTCOME_EXPIRED
  bool skip_new_numbers = false;            // and every new one with SKIPPED_NEVER_APPLIED
  std::uint32_t max_page_items = 5;         // small pages, so that tests meet several
  bool one_page_per_question = true;
  std::uint32_t old_snapshots_next = 0;     // answer so many with what remember() saw
  std::uint32_t mute_feed_next[2] = {};     // feed packets of a line that are never sent

  /// Like a process that was killed and started again; `lost_tail` forgets the last `n` commands
  /// and begins a new epoch.
  void restart_engine(std::size_t lost_tail = 0);
  void restart_follower() { follower_.bound = false; }
  /// Something that others did: feed messages and, for a fill, a report.
  void others_add_order();
  void fill_own(std::uint64_t order_id, std::int64_t lots);
  void remember() { remembered_ = {orders, next_feed_sequence()}; }

  // -- what happened --------------------------------------------------------------------------
  struct Order {
    std::uint64_t feed_order_id = 0;
    std::uint64_t order_id = 0;  // 0: others'
    std::uint64_t client_order_id = 0;
    proto::Side side = proto::Side::Buy;
    std::int64_t price_ticks = 0, quantity_lots = 0, leaves_lots = 0;
  };
  std::map<std::uint64_t, int> times_applied;   // by client sequence
  std::vector<proto::Report> reports;           // the session's stream, from 1
  std::vector<Order> orders;                    // resting, oldest first
  std::uint64_t acknowledged = 0;
  std::uint64_t logons = 0, logoffs = 0;
  std::uint64_t bad_tags = 0;
  std::uint32_t epoch = 1;
  std::uint64_t next_feed_sequence() const { return feed_.size() + 1; }
  std::uint64_t sequence() const { return sequence_; }
  static proto::MarketDefinition definition();

 private:
  struct Binding {
    bool bound = false;
    net::Endpoint peer;
    std::uint64_t connection = 0;
    std::uint64_t heartbeats = 0;
    std::uint64_t last_connection = 0;  // outlives a restart, as in the engine's state
    proto::KeyPair keys;
  };
  struct Applied {
    proto::Decision decision;
    std::size_t reports_before = 0, feed_before = 0;
    std::uint64_t client_sequence = 0;
    std::vector<Order> orders_before;
  };

  bool authentic(const Binding& binding, proto::Purpose purpose, const proto::Prefix& prefix,
                 std::span<std::byte> bytes, Transport& port, net::Endpoint peer);
  void on_logon(proto::Purpose purpose, net::Datagram& datagram, const proto::Prefix& prefix);
  void on_engine(net::Datagram& datagram);
  void on_follower(net::Datagram& datagram);
  void on_command(const proto::Prefix& prefix, Bytes payload);
  void apply(const proto::Prefix& prefix, proto::CommandKind kind, Bytes body);
  void new_order(const proto::NewOrder& order, std::uint64_t client_sequence);
  void cancel_order(const proto::CancelOrder& cancel, std::uint64_t client_sequence);
  void replace_order(const proto::ReplaceOrder& replace, std::uint64_t client_sequence);
  void mass_cancel(std::uint64_t client_sequence);
  proto::Report& report(proto::ReportKind kind, std::uint64_t client_sequence, const Order& order);
  void publish(proto::FeedKind kind, const Order& order, std::int64_t lots,
               const proto::MarketDefinition* definition = nullptr);
  void release();
  void send_reports(std::uint64_t from, std::uint64_t to);
  void send_feed(std::uint64_t from, std::uint64_t to);
  void send_feed_heartbeat();
  void answer(const proto::Prefix& prefix, const proto::Query& query);
  void answer_range(proto::QueryKind kind, const proto::Query& query);
  void answer_pages(proto::QueryKind kind, const proto::Query& query);
  void answer_activity(proto::Query query);
  void reply(proto::QueryKind kind, const proto::Query& query, proto::QueryStatus status,
             proto::QueryReply content, proto::QueryHeader header);
  template <class Struct>
  void send(proto::PacketKind kind, std::uint64_t sequence, const Struct& v1);
  std::uint64_t highest() const { return seen_.empty() ? 0 : seen_.rbegin()->first; }

  Network& network_;
  Transport engine_, follower_port_;
  proto::Secret secret_;
  proto::KeyPair logon_keys_;
  std::unique_ptr<proto::HandshakeServer> engine_logon_, follower_logon_;
  Binding session_, follower_;
  std::uint64_t connections_ = 0;
  std::uint64_t sequence_ = 10;
  std::uint64_t next_order_id_ = 1, next_feed_order_id_ = 1, next_trade_id_ = 1;
  std::map<std::uint64_t, Applied> seen_;       // by client sequence
  std::vector<std::uint64_t> history_;          // client sequences in the order of application
  std::vector<proto::FeedMessage> feed_;        // from 1
  std::map<std::uint64_t, proto::MarketDefinition> feed_definitions_;
  std::size_t reports_released_ = 0, feed_released_ = 0;
  net::Endpoint line_[2];
  TimeNs next_heartbeat_ns_ = 0;
  using Frozen = std::pair<std::vector<Order>, std::uint64_t>;
  std::map<std::uint64_t, Frozen> snapshots_;
  Frozen remembered_;
  alignas(64) std::array<std::byte, 1408> out_;
};

}  // namespace saker::client::fake
