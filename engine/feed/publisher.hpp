// The public feed: packs released messages into packets and sends each packet on lines A and B,
// to the multicast groups there are and to every unicast subscriber. The packet is built once;
// only its line byte changes between the lines, and all receivers of a line share it.
#pragma once

#include <algorithm>

#include "engine/config.hpp"
#include "engine/core/core.hpp"
#include "engine/feed/subscribers.hpp"
#include "engine/metrics.hpp"
#include "proto/codec.hpp"

namespace saker::engine {

template <net::Transport Transport>
class FeedPublisher {
 public:
  FeedPublisher(Transport& transport, const core::Core& core, const FeedConfig& config,
                Metrics& metrics)
      : transport_(transport), core_(core), config_(config), metrics_(metrics),
        subscribers_(config.max_subscribers, config.multicast_a, config.multicast_b),
        released_(core.next_feed_sequence() - 1) {}

  Subscribers& subscribers() { return subscribers_; }
  /// Highest feed sequence that has been handed to the transport.
  std::uint64_t released() const { return released_; }

  /// Takes the messages of one released command, numbered from `first` on. Full packets leave at
  /// once, the rest at flush().
  void publish(std::uint64_t first, std::span<const proto::FeedMessage> messages,
               std::span<const proto::MarketDefinition> definitions, TimeNs now_ns) {
    std::size_t definition = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const bool defines = messages[i].kind() == proto::FeedKind::MarketDefined;
      const std::size_t more = defines ? 1 : 0;
      if (message_count_ != 0 &&
          (first + i != first_sequence_ + message_count_ ||
           !proto::fits_feed_packet(message_count_ + 1, definition_count_ + more))) {
        flush(now_ns);
      }
      if (message_count_ == 0) first_sequence_ = first + i;
      messages_[message_count_++] = messages[i];
      if (defines) definitions_[definition_count_++] = definitions[definition++];
    }
    metrics_.feed_messages += messages.size();
  }

  /// Sends the packet that has been begun.
  void flush(TimeNs now_ns) {
    if (message_count_ == 0) return;
    released_ = std::max(released_, first_sequence_ + message_count_ - 1);
    if (heard()) {
      proto::FeedPacket packet;
      packet.messages = {messages_.data(), message_count_};
      packet.definitions = {definitions_.data(), definition_count_};
      const std::size_t size =
          proto::encode_feed_packet(header(proto::FeedPacketKind::Data, now_ns), packet, buffer_);
      send_to_all(size, now_ns);
    }
    message_count_ = 0;
    definition_count_ = 0;
  }

  /// Says what is released when nothing else has said so for a while.
  void poll(TimeNs now_ns) {
    if (now_ns < sent_ns_) sent_ns_ = now_ns;  // the clock stepped back
    if (now_ns - sent_ns_ < std::uint64_t{config_.heartbeat_ms} * 1'000'000) return;
    sent_ns_ = now_ns;
    if (!heard()) return;
    send_to_all(heartbeat(now_ns), now_ns);
  }

  /// To a new subscriber, so that it knows at once where the feed stands.
  void greet(const Subscriber& subscriber, TimeNs now_ns) {
    const std::size_t size = heartbeat(now_ns);
    const net::Endpoint lines[] = {subscriber.line_a, subscriber.line_b};
    for (std::size_t line = 0; line < 2; ++line) {
      if (lines[line].port != 0) send(line, {&lines[line], 1}, size);
    }
  }

 private:
  bool heard() const { return !subscribers_.line(0).empty() || !subscribers_.line(1).empty(); }
  proto::FeedHeader header(proto::FeedPacketKind kind, TimeNs now_ns) const {
    proto::FeedHeader header;
    header.kind = kind;
    header.shard = config_.shard;
    header.epoch = core_.epoch();
    header.first_sequence =
        kind == proto::FeedPacketKind::Data ? first_sequence_ : released_ + 1;
    header.released_sequence = released_;
    header.sent_ns = now_ns;
    return header;
  }
  std::size_t heartbeat(TimeNs now_ns) {
    return proto::encode_feed_heartbeat(header(proto::FeedPacketKind::Heartbeat, now_ns), buffer_);
  }
  void send(std::size_t line, std::span<const net::Endpoint> to, std::size_t size) {
    buffer_[offsetof(proto::FeedHeader, line)] = static_cast<std::byte>(line);
    const std::size_t taken = transport_.send_each(to, Bytes{buffer_.data(), size});
    metrics_.feed_packets += taken;
    metrics_.send_failures += to.size() - taken;
  }
  void send_to_all(std::size_t size, TimeNs now_ns) {
    sent_ns_ = now_ns;
    for (std::size_t line = 0; line < 2; ++line) {
      const std::span<const net::Endpoint> to = subscribers_.line(line);
      if (!to.empty()) send(line, to, size);
    }
  }

  Transport& transport_;
  const core::Core& core_;
  const FeedConfig& config_;
  Metrics& metrics_;
  Subscribers subscribers_;
  std::uint64_t released_;
  TimeNs sent_ns_ = 0;
  std::uint64_t first_sequence_ = 0;
  std::size_t message_count_ = 0;
  std::size_t definition_count_ = 0;
  std::array<proto::FeedMessage, proto::kMaxFeedMessagesPerPacket> messages_;
  std::array<proto::MarketDefinition, core::kMaxDefinitions + proto::kMaxFeedMessagesPerPacket>
      definitions_;
  alignas(kCacheLine) std::array<std::byte, proto::kMaxDatagramBytes> buffer_;
};

}  // namespace saker::engine
