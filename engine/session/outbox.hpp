// Everything that goes to a session: reports collected into datagrams, single messages, one tag
// per datagram. Sends and forgets; what is lost the follower resends.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/metrics.hpp"
#include "engine/session/session_table.hpp"
#include "order_entry_generated.h"
#include "proto/codec.hpp"

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

  /// Collects one report; the reports of a session come in the order of their numbers.
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
    pending.reports[pending.count++] = report;
    ++metrics_.reports_released;
  }

  /// Sends what has been collected.
  void flush(TimeNs now_ns) {
    for (const std::uint32_t session : dirty_) {
      pending_[session].listed = false;
      send_pending(session, now_ns);
    }
    dirty_.clear();
  }

  /// One message with an encoded payload (empty: only the prefix) to the session's address.
  void send_message(std::uint32_t session, proto::PacketKind kind, std::uint64_t sequence,
                    Bytes payload, TimeNs now_ns) {
    SessionSlot& slot = table_[session];
    const std::span<std::byte> datagram = start(session, kind, sequence);
    if (!payload.empty()) {
      std::memcpy(&buffer_[proto::kPrefixBytes], payload.data(), payload.size());
    }
    slot.last_sent_ns = now_ns;
    const proto::Key& key =
        proto::is_logon(kind) ? slot.logon_keys.to_client : slot.keys.to_client;
    send(slot.peer, datagram.first(proto::kPrefixBytes + payload.size()), key);
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
  struct Pending {
    std::uint32_t count = 0;
    bool listed = false;
    std::array<proto::Report, proto::kMaxReportsPerDatagram> reports;
  };

  std::span<std::byte> start(std::uint32_t session, proto::PacketKind kind,
                             std::uint64_t sequence) {
    proto::Prefix prefix;
    prefix.kind = kind;
    prefix.session = session;
    prefix.epoch = proto::is_logon(kind) ? 0 : core_.epoch();
    prefix.sequence = sequence;
    std::memcpy(buffer_.data(), &prefix, sizeof(prefix));
    return buffer_;
  }

  void send_pending(std::uint32_t session, TimeNs now_ns) {
    Pending& pending = pending_[session];
    if (pending.count == 0) return;
    SessionSlot& slot = table_[session];
    const std::span<const proto::Report> reports{pending.reports.data(), pending.count};
    const std::span<std::byte> datagram =
        start(session, proto::PacketKind::Reports, reports[0].report_sequence());
    const std::size_t size =
        proto::kPrefixBytes +
        proto::encode_reports(reports, datagram.subspan(proto::kPrefixBytes));
    pending.count = 0;
    slot.last_sent_ns = now_ns;
    slot.tail_unproven = true;
    ++metrics_.report_packets;
    send(slot.peer, datagram.first(size), slot.keys.to_client);
  }

  void send(net::Endpoint to, std::span<std::byte> datagram, const proto::Key& key) {
    proto::seal(datagram, key);
    send_sealed(to, datagram);
  }

  Transport& transport_;
  SessionTable& table_;
  const core::Core& core_;
  Metrics& metrics_;
  std::unique_ptr<Pending[]> pending_;
  std::vector<std::uint32_t> dirty_;
  alignas(kCacheLine) std::array<std::byte, proto::kMaxDatagramBytes> buffer_;
};

}  // namespace saker::engine
