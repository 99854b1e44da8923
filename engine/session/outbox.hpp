// Everything that goes to a session: reports collected into datagrams, single messages, one tag
// per datagram. Datagrams are built and sealed in the transport's own memory. Sends and forgets;
// what is lost the follower resends.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "engine/metrics.hpp"
#include "engine/session/session_table.hpp"
#include "order_entry_generated.h"
#include "proto/codec.hpp"
#include "proto/tags_ahead.hpp"

namespace saker::engine {

template <net::Transport Transport>
class Outbox {
 public:
  Outbox(Transport& transport, SessionTable& table, const core::Core& core, Metrics& metrics)
      : transport_(transport), table_(table), core_(core), metrics_(metrics),
        pending_(std::make_unique<Pending[]>(table.size())) {
    dirty_.reserve(table.size());
  }

  /// The next report for the session fills a datagram that has to leave first.
  bool needs_flush(std::uint32_t session) const {
    return pending_[session].count == proto::kMaxReportsPerDatagram;
  }

  /// Collects one report, which stays where it is until the next flush(); the reports of a session
  /// come in the order of their numbers.
  void add_report(const proto::Report& report, TimeNs now_ns) {
    const std::uint32_t session = report.session();
    if (!table_[session].bound) {
      ++metrics_.reports_unsent;
      return;
    }
    if (needs_flush(session)) send_pending(session, now_ns);
    Pending& pending = pending_[session];
    if (!pending.listed) {
      pending.listed = true;
      dirty_.push_back(session);
    }
    pending.reports[pending.count++] = &report;
    ++metrics_.reports_released;
  }

  /// Sends what has been collected.
  void flush(TimeNs now_ns) {
    std::span<const std::uint32_t> left = dirty_;
    while (!left.empty()) {
      const auto next = left.first(std::min(left.size(), kTogether));
      left = left.subspan(next.size());
      for (const std::uint32_t session : next) pending_[session].listed = false;
      if (worth_sealing_together(next)) send_together(next, now_ns);
      else for (const std::uint32_t session : next) send_pending(session, now_ns);
    }
    dirty_.clear();
  }

  /// One message with an encoded payload (empty: only the prefix) to the session's address.
  void send_message(std::uint32_t session, proto::PacketKind kind, std::uint64_t sequence,
                    Bytes payload, TimeNs now_ns) {
    SessionSlot& slot = table_[session];
    slot.last_sent_ns = now_ns;
    const std::span<std::byte> datagram = start(session, kind, sequence);
    if (datagram.empty()) return;
    if (!payload.empty()) {
      std::memcpy(&datagram[proto::kPrefixBytes], payload.data(), payload.size());
    }
    const proto::Key& key =
        proto::is_logon(kind) ? slot.logon_keys.to_client : slot.keys.to_client;
    seal_and_send(slot.peer, datagram.first(proto::kPrefixBytes + payload.size()), key);
  }
  template <class Struct>
  void send_struct(std::uint32_t session, proto::PacketKind kind, std::uint64_t sequence,
                   const Struct& v1, TimeNs now_ns) {
    alignas(8) std::array<std::byte, proto::payload_bytes<Struct>()> payload;
    proto::encode(v1, payload);
    send_message(session, kind, sequence, payload, now_ns);
  }

  /// A datagram that is complete and sealed already.
  void send_sealed(net::Endpoint to, Bytes datagram) {
    if (transport_.send(to, datagram)) ++metrics_.datagrams_sent;
    else ++metrics_.send_failures;
  }

 private:
  static constexpr std::size_t kTogether = proto::TagsAhead::kMost;
  struct Draft {
    alignas(kCacheLine) std::array<std::byte, proto::kMaxDatagramBytes> bytes;
  };
  struct Pending {
    std::uint32_t count = 0;
    bool listed = false;
    std::array<const proto::Report*, proto::kMaxReportsPerDatagram> reports;
  };

  /// Where the datagram is to be built, its prefix written; empty (and counted) without room.
  std::span<std::byte> start(std::uint32_t session, proto::PacketKind kind,
                             std::uint64_t sequence) {
    const std::span<std::byte> datagram = transport_.reserve();
    if (datagram.empty()) {
      ++metrics_.send_failures;
      return {};
    }
    put_prefix(session, kind, sequence, datagram.data());
    return datagram;
  }
  void put_prefix(std::uint32_t session, proto::PacketKind kind, std::uint64_t sequence,
                  std::byte* to) const {
    proto::Prefix prefix;
    prefix.kind = kind;
    prefix.session = session;
    prefix.epoch = proto::is_logon(kind) ? 0 : core_.epoch();
    prefix.sequence = sequence;
    proto::write_prefix(prefix, to);
  }

  void send_pending(std::uint32_t session, TimeNs now_ns) {
    Pending& pending = pending_[session];
    if (pending.count == 0) return;
    const std::span<std::byte> datagram = transport_.reserve();
    const std::size_t size = take_pending(session, datagram, now_ns);
    if (datagram.empty()) ++metrics_.send_failures;
    else seal_and_send(table_[session].peer, datagram.first(size), table_[session].keys.to_client);
  }

  /// Writes the session's datagram but for its tag and returns its size. Without room (`into` is
  /// empty) its reports are given up.
  std::size_t take_pending(std::uint32_t session, std::span<std::byte> into, TimeNs now_ns) {
    Pending& pending = pending_[session];
    SessionSlot& slot = table_[session];
    const std::size_t count = std::exchange(pending.count, 0);
    slot.last_sent_ns = now_ns;
    slot.tail_unproven = true;
    ++metrics_.report_packets;
    if (into.empty()) return 0;
    put_prefix(session, proto::PacketKind::Reports, pending.reports[0]->report_sequence(),
               into.data());
    std::size_t bytes = 0;
    const std::span<proto::Report> reports =
        proto::start_reports(count, into.subspan(proto::kPrefixBytes), bytes);
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(static_cast<void*>(&reports[i]), pending.reports[i], sizeof(proto::Report));
    }
    return proto::kPrefixBytes + bytes;
  }

  /// The tags of several cost little more than one, which makes good for the copy.
  bool worth_sealing_together(std::span<const std::uint32_t> sessions) const {
    return sessions.size() >= proto::TagsAhead::kLeast && proto::TagsAhead::possible() &&
           table_[sessions[0]].keys.to_client.tagged;
  }
  void send_together(std::span<const std::uint32_t> sessions, TimeNs now_ns) {
    tags_.clear();
    std::array<std::span<std::byte>, kTogether> datagrams;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      if (pending_[sessions[i]].count == 0) continue;
      datagrams[i] = std::span(drafts_[i].bytes)
                         .first(take_pending(sessions[i], drafts_[i].bytes, now_ns));
      tags_.add(datagrams[i], table_[sessions[i]].keys.to_client);
    }
    tags_.compute();
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      if (datagrams[i].empty()) continue;
      const SessionSlot& slot = table_[sessions[i]];
      const proto::Tag* tag = tags_.find(datagrams[i].data(), slot.keys.to_client);
      if (tag != nullptr) proto::put_tag(datagrams[i], *tag);
      else proto::seal(datagrams[i], slot.keys.to_client);
      send_sealed(slot.peer, datagrams[i]);
    }
  }

  void seal_and_send(net::Endpoint to, std::span<std::byte> datagram, const proto::Key& key) {
    proto::seal(datagram, key);
    transport_.commit(to, datagram.size());
    ++metrics_.datagrams_sent;
  }

  Transport& transport_;
  SessionTable& table_;
  const core::Core& core_;
  Metrics& metrics_;
  std::unique_ptr<Pending[]> pending_;
  std::vector<std::uint32_t> dirty_;
  proto::TagsAhead tags_;
  std::array<Draft, kTogether> drafts_;
};

}  // namespace saker::engine
