// The auditor listens to every wire. Whatever the engine or the follower says to anybody is held
// against the judge's replay of what the disk holds: byte for byte, and at that very moment, so
// that nothing can be said before it is durable (policy disk). Under policy memory what is said
// early is kept and compared as soon as its record is durable; it may only fall away together
// with an epoch.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "net/transport.hpp"
#include "proto/codec.hpp"
#include "proto/commands.hpp"
#include "sim/judge.hpp"

namespace saker::sim {

class Auditor {
 public:
  struct Roles {
    net::Endpoint engine;
    net::Endpoint follower;
    net::Endpoint attacker;
  };
  Auditor(Judge& judge, Verdict& verdict, Coverage& coverage, const Roles& roles, bool memory);
  /// Says in which connection a session's program believes to be, 0: none.
  using ConnectionOf = std::function<std::uint64_t(std::uint32_t session)>;
  void set_connection_of(ConnectionOf fn) { connection_of_ = std::move(fn); }
  /// Tells that datagrams may arrive more than once.
  void copies_possible() { copies_possible_ = true; }

  /// From SimNetwork::on_received.
  void on_received(net::Endpoint to, Bytes bytes);
  /// From SimNetwork::on_sent.
  void on_sent(net::Endpoint from, net::Endpoint to, Bytes bytes);
  /// From SimNetwork::on_refused.
  void on_refused(net::Endpoint from) {
    if (from == roles_.engine) ++refused_since_feed_;
  }

  /// A client's application was told something: is it true?
  void on_client_report(std::uint32_t session, const proto::Report& report);
  /// The outcome of the command that this incarnation of the client sent under this number.
  void on_client_outcome(std::uint32_t session, std::uint64_t client_sequence,
                         std::uint64_t sent_hash);

  /// The client code says that this order was refused and is not in the log. A copy of it that
  /// the network (or an attacker) kept can still arrive and be taken, which only its client order
  /// id then protects from being entered twice; so this is an error only where there are none.
  void on_not_sequenced(std::uint32_t session, std::uint64_t client_sequence,
                        std::uint64_t sent_hash);

  /// The disk moved; called by the world after each sync and each restart.
  void advance();
  /// At the end: nothing may be left that was said and never became durable in its epoch.
  void finish();

  std::uint64_t reports_checked() const { return reports_checked_; }
  std::uint64_t feed_checked() const { return feed_checked_; }

 private:
  struct EarlyReport {
    std::uint32_t epoch;
    proto::Report report;
  };
  struct EarlyFeed {
    std::uint32_t epoch;
    proto::FeedMessage message;
  };

  void on_engine(net::Endpoint to, Bytes bytes);
  void on_follower(net::Endpoint to, Bytes bytes);
  void on_client(Bytes bytes);
  void check_sent(const core::Command& command);
  void check_not_void(const core::Command& command);
  void check_connection(const proto::Prefix& prefix, std::uint64_t connection);
  void on_feed_packet(Bytes bytes);
  void on_reports(const proto::Prefix& prefix, Bytes payload);
  void on_decision(const proto::Prefix& prefix, const proto::Decision& decision);
  void on_logon_accepted(const proto::Prefix& prefix, const proto::LogonAccepted& accepted);
  void on_query_reply(const proto::Prefix& prefix, Bytes payload);
  void on_command(const core::Command& command);
  void count_busy(proto::Reason reason);
  void check_feed_first(Sequence sequence);
  void check_report(const proto::Report& report, std::uint32_t epoch);
  void check_drop_copy(const proto::Report& report);
  void compare(const proto::Report& said, const proto::Report* true_one, const char* where);
  void check_feed(std::uint64_t sequence, const proto::FeedMessage& message, std::uint32_t epoch);
  void check_state_reply(const proto::QueryReply& reply);
  void to_attacker(net::Endpoint from, Bytes bytes);
  bool is_durable(Sequence sequence);
  void settle_early();

  Judge& judge_;
  Verdict& verdict_;
  Coverage& coverage_;
  const Roles roles_;
  const bool memory_;
  bool copies_possible_ = false;
  std::uint32_t epoch_ = 0;              // of the newest durable record
  std::uint64_t highest_feed_sent_ = 0;  // by the engine, ever
  std::uint64_t refused_since_feed_ = 0;  // datagrams of the engine that found its queue full
  ConnectionOf connection_of_;
  /// By session and number: hash of what was sent, and in which connections.
  std::map<std::pair<std::uint32_t, std::uint64_t>,
           std::map<std::uint64_t, std::set<std::uint64_t>>> sent_;
  std::map<std::uint64_t, std::uint64_t> tags_;          // of commands sent -> their connection
  std::map<std::uint32_t, std::uint64_t> connection_;    // by session, at the end of the log
  std::map<std::uint32_t, std::uint64_t> told_;          // the newest that it was told
  std::set<std::pair<std::uint32_t, std::uint64_t>> never_applied_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> not_sequenced_;
  std::multimap<Sequence, EarlyReport> early_reports_;
  std::multimap<std::uint64_t, EarlyFeed> early_feed_;
  std::uint64_t reports_checked_ = 0;
  std::uint64_t feed_checked_ = 0;
  alignas(8) std::array<std::byte, net::kMaxDatagram> copy_{};
};

}  // namespace saker::sim
