// Lets out what is committed, in order: of each command the feed before the private reports.
//
// Owner: the hot thread. A burst of releases collects feed packets and per-session report
// packets. The feed's are flushed first, always, before any report packet of the burst leaves;
// a report packet that fills up earlier flushes the feed before itself.
#pragma once

#include "common/clock.hpp"
#include "common/plants.hpp"
#include "engine/feed/publisher.hpp"
#include "engine/session/outbox.hpp"
#include "engine/session/session_table.hpp"
#include "engine/staging.hpp"

namespace saker::engine {

template <net::Transport Transport, Clock Time>
class Release {
 public:
  Release(StagingRing& staging, FeedPublisher<Transport>& feed, Outbox<Transport>& outbox,
          SessionTable& table, Time& clock, Metrics& metrics)
      : staging_(staging), feed_(feed), outbox_(outbox), table_(table), clock_(clock),
        metrics_(metrics) {}

  /// A new round: what is sequenced after `last` belongs to it.
  void begin_round(Sequence last) {
    fresh_after_ = last;
    metrics_.answers_at_once = 0;
  }

  /// Releases every staged entry up to `committed`; true when there was one. Reports stay where
  /// they are staged until they are written into their datagram.
  bool poll(Sequence committed) {
    std::byte* entry = staging_.front();
    if (entry == nullptr || header(entry).sequence > committed) return false;
    const TimeNs now_ns = clock_.now_ns();
    for (; entry != nullptr && header(entry).sequence <= committed; entry = staging_.front()) {
      if (header(entry).type == StagedType::kCommand) release_command(entry, now_ns);
      else release_message(entry, now_ns);
      staging_.pop();
    }
    if (SAKER_PLANT(private_before_feed)) outbox_.flush(now_ns);
    feed_.flush(now_ns);
    outbox_.flush(now_ns);
    return true;
  }

 private:
  static const StagedHeader& header(const std::byte* entry) {
    return *reinterpret_cast<const StagedHeader*>(entry);
  }

  void release_command(std::byte* entry, TimeNs now_ns) {
    const auto& command = *reinterpret_cast<const StagedCommand*>(entry);
    const StagedParts parts = parts_of(entry);
    feed_.publish(command.first_feed_sequence, parts.feed, parts.definitions, now_ns);
    for (proto::Report& report : parts.reports) {
      if (report.session() == 0 || report.session() >= table_.size()) continue;
      report.mutate_chain_head(command.chain_head);
      report.mutate_matched_ns(command.matched_ns);
      report.mutate_released_ns(now_ns);
      if (report.client_sequence() != 0 && report.received_ns() <= now_ns) {
        metrics_.order_to_ack.record(now_ns - report.received_ns());
        if (command.header.sequence > fresh_after_) ++metrics_.answers_at_once;
      }
      SessionSlot& slot = table_[report.session()];
      slot.next_report = std::max(slot.next_report, report.report_sequence() + 1);
      if (outbox_.needs_flush(report.session())) feed_.flush(now_ns);
      outbox_.add_report(report, now_ns);
    }
  }

  void release_message(std::byte* entry, TimeNs now_ns) {
    const auto& message = *reinterpret_cast<const StagedMessage*>(entry);
    SessionSlot& slot = table_[message.session];
    if (slot.connection != message.connection) return;
    // A decision speaks of a command whose feed messages may still be in the packet begun.
    feed_.flush(now_ns);
    const Bytes payload{entry + sizeof(StagedMessage), message.size};
    outbox_.send_message(message.session, static_cast<proto::PacketKind>(message.kind),
                         message.prefix_sequence, payload, now_ns);
  }

  StagingRing& staging_;
  FeedPublisher<Transport>& feed_;
  Outbox<Transport>& outbox_;
  SessionTable& table_;
  Time& clock_;
  Metrics& metrics_;
  Sequence fresh_after_ = 0;
};

}  // namespace saker::engine
