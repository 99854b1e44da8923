#include "net/dpdk/arp.hpp"

#include <algorithm>
#include <bit>

namespace saker::net {

namespace {

constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint16_t kRequest = 1;
constexpr std::uint16_t kReply = 2;

}  // namespace

bool parse_arp(std::span<const std::byte> bytes, ArpPacket& packet) {
  if (bytes.size() < kArpBytes) return false;
  const std::byte* arp = bytes.data();
  if (load16(arp) != kHardwareEthernet || load16(arp + 2) != kTypeIpv4 || arp[4] != std::byte{6} ||
      arp[5] != std::byte{4}) {
    return false;
  }
  const std::uint16_t operation = load16(arp + 6);
  if (operation != kRequest && operation != kReply) return false;
  packet.is_request = operation == kRequest;
  std::memcpy(packet.from_mac.bytes.data(), arp + 8, 6);
  packet.from = load32(arp + 14);
  packet.to = load32(arp + 24);
  return true;
}

void build_arp(std::byte* out, bool is_request, const MacAddress& from_mac, std::uint32_t from,
               const MacAddress& to_mac, std::uint32_t to) {
  store16(out, kHardwareEthernet);
  store16(out + 2, kTypeIpv4);
  out[4] = std::byte{6};
  out[5] = std::byte{4};
  store16(out + 6, is_request ? kRequest : kReply);
  std::memcpy(out + 8, from_mac.bytes.data(), 6);
  store32(out + 14, from);
  std::memcpy(out + 18, to_mac.bytes.data(), 6);
  store32(out + 24, to);
}

ArpTable::ArpTable(const ArpConfig& config)
    : config_(config),
      entries_(std::bit_ceil(std::max<std::size_t>(config.most_entries, 8) * 2)) {
  shift_ = static_cast<unsigned>(64 - std::countr_zero(entries_.size()));
  used_.reserve(entries_.size() / 2);
}

ArpTable::Entry* ArpTable::get(std::uint32_t address) {
  const std::size_t slot = slot_of(address);
  if (entries_[slot].address == 0) {
    if (used_.size() == entries_.size() / 2) return nullptr;
    used_.push_back(static_cast<std::uint32_t>(slot));
    entries_[slot].address = address;
  }
  return &entries_[slot];
}

bool ArpTable::add_static(std::uint32_t address, const MacAddress& mac) {
  Entry* entry = get(address);
  if (entry != nullptr) *entry = {address, true, true, mac, 0};
  return entry != nullptr;
}

bool ArpTable::due(const Entry& entry, TimeNs now_ns) const {
  if (now_ns < entry.asked_ns) return true;  // the clock stepped back
  return now_ns - entry.asked_ns >= (entry.known ? config_.refresh_ns : config_.retry_ns);
}

bool ArpTable::want(std::uint32_t hop, TimeNs now_ns) {
  const std::size_t before = used_.size();
  Entry* entry = hop == 0 ? nullptr : get(hop);
  if (entry == nullptr || entry->known) return false;
  if (used_.size() == before && !due(*entry, now_ns)) return false;
  entry->asked_ns = now_ns;
  return true;
}

/// An address of this network that a station can have.
bool ArpTable::possible(const ArpPacket& packet) const {
  return packet.from >> 24 != 0 && packet.from >> 24 != 127 && packet.from >> 28 < 0xE &&
         !packet.from_mac.is_group() && packet.from_mac != MacAddress{};
}

ArpOutcome ArpTable::on_packet(std::span<const std::byte> bytes, TimeNs now_ns) {
  ArpOutcome outcome;
  ArpPacket& packet = outcome.packet;
  const auto drop = [&outcome](FrameDrop why) {
    outcome.drop = why;
    return outcome;
  };
  if (!parse_arp(bytes, packet)) return drop(FrameDrop::bad_arp);
  // Someone who is about to take an address asks from 0.0.0.0 whether it is free (RFC 5227).
  const bool probe = packet.is_request && packet.from == 0 && !packet.from_mac.is_group();
  if (!probe && !possible(packet)) return drop(FrameDrop::bad_arp);
  if (packet.from == config_.address) return drop(FrameDrop::address_conflict);
  if (!probe) {
    Entry& entry = entries_[slot_of(packet.from)];
    if (entry.address != 0 && !entry.fixed) {
      outcome.resolved = !entry.known || entry.mac != packet.from_mac;
      entry = {packet.from, true, false, packet.from_mac, now_ns};
    }
  }
  if (packet.to != config_.address) {
    return outcome.resolved ? outcome : drop(FrameDrop::arp_not_ours);
  }
  outcome.reply = packet.is_request;
  return outcome;
}

}  // namespace saker::net
