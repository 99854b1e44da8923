#include "sim/attacker.hpp"

#include <cstring>

#include "proto/feed_frame.hpp"
#include "proto/frame.hpp"

namespace saker::sim {

/// The feed has no tags and is for a trusted network (docs/protocol.md): nobody forges it here.
static bool is_feed(Bytes bytes) {
  std::uint32_t magic = 0;
  if (bytes.size() >= sizeof(magic)) std::memcpy(&magic, bytes.data(), sizeof(magic));
  return magic == proto::kFeedMagic;
}

void Attacker::on_sent(net::Endpoint from, net::Endpoint to, Bytes bytes) {
  if (from == own_ || is_feed(bytes)) return;
  note_refusal(bytes);
  Captured captured{from, to, {bytes.begin(), bytes.end()}};
  if (captured_.size() < kMemory) {
    captured_.push_back(std::move(captured));
  } else if (rng_.chance(100'000)) {
    captured_[rng_.below(kMemory)] = std::move(captured);
  }
}

/// Remembers the command, when it is among those he has, that this Busy refuses.
void Attacker::note_refusal(Bytes bytes) {
  proto::Prefix busy;
  if (proto::parse_prefix(bytes, busy) != proto::FrameError::None) return;
  if (busy.kind != proto::PacketKind::Busy) return;
  for (const Captured& captured : captured_) {
    proto::Prefix prefix;
    if (proto::parse_prefix(captured.bytes, prefix) != proto::FrameError::None) continue;
    if (prefix.kind != proto::PacketKind::Command || prefix.session != busy.session) continue;
    if (prefix.sequence != busy.sequence) continue;
    if (refused_.size() == kRefused) refused_.erase(refused_.begin());
    return refused_.push_back(captured);
  }
}

void Attacker::act() {
  if (captured_.empty()) return;
  if (!refused_.empty() && rng_.chance(200'000)) {
    return replay(refused_[rng_.below(refused_.size())]);
  }
  const Captured& captured = captured_[rng_.below(captured_.size())];
  if (rng_.chance(500'000)) replay(captured);
  else forge(captured);
}

void Attacker::replay(const Captured& captured) {
  const net::Endpoint from = rng_.chance(700'000) ? captured.from : own_;
  network_.inject(from, captured.to, captured.bytes, Count::datagram_replayed);
}

void Attacker::forge(const Captured& captured) {
  std::vector<std::byte> bytes = captured.bytes;
  if (rng_.chance(200'000)) {
    bytes.resize(rng_.below(net::kMaxDatagram + 1));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(rng_.next());
    const std::uint32_t magic = 0x524B4153;
    if (bytes.size() >= 4 && rng_.chance(500'000)) std::memcpy(bytes.data(), &magic, 4);
    if (is_feed(bytes)) return;
  } else {
    const std::uint64_t changes = 1 + rng_.below(3);
    for (std::uint64_t i = 0; i < changes && bytes.size() > 4; ++i) {
      const std::size_t at = 4 + rng_.below(bytes.size() - 4);
      bytes[at] = static_cast<std::byte>(rng_.next());
    }
    if (bytes == captured.bytes) return;
  }
  const net::Endpoint from = rng_.chance(500'000) ? captured.from : own_;
  network_.inject(from, captured.to, bytes, Count::datagram_forged);
}

}  // namespace saker::sim
