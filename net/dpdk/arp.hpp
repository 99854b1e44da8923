// Which MAC address a datagram goes to: a resolver with cache and gateway, and the answers to
// those who ask for ours. Pure: the transport sends what this returns.
//
// An entry is made only because we want to send to its address, so that strangers cannot fill the
// table; what is known stays known until it is corrected, and is asked for again now and then
// without holding anything up. ARP has no proof of anything: use static entries where the segment
// is not trusted.
#pragma once

#include <vector>

#include "net/dpdk/frame.hpp"

namespace saker::net {

inline constexpr std::size_t kArpBytes = 28;

struct ArpConfig {
  MacAddress mac;
  std::uint32_t address = 0;
  std::uint32_t netmask = 0xFFFFFF00;
  std::uint32_t gateway = 0;        // for everybody else; 0: there is none
  std::uint32_t most_entries = 4'096;
  std::uint64_t retry_ns = 250'000'000;        // between questions about an unknown address
  std::uint64_t refresh_ns = 30'000'000'000;   // and about a known one
};

struct ArpPacket {
  bool is_request = false;
  MacAddress from_mac;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

/// Ethernet and IPv4 request or reply; `bytes` starts after the Ethernet header. False when not.
bool parse_arp(std::span<const std::byte> bytes, ArpPacket& packet);
/// Writes kArpBytes. `to_mac` is all zeros in a request.
void build_arp(std::byte* out, bool is_request, const MacAddress& from_mac, std::uint32_t from,
               const MacAddress& to_mac, std::uint32_t to);

/// What to do about a received ARP packet.
struct ArpOutcome {
  FrameDrop drop = FrameDrop::none;
  bool reply = false;            // to `packet.from_mac`
  bool resolved = false;         // the MAC address of packet.from has become known or another
  ArpPacket packet;
};

class ArpTable {
 public:
  explicit ArpTable(const ArpConfig& config);

  /// Never asked for nor changed by what comes in. False when the table is full.
  bool add_static(std::uint32_t address, const MacAddress& mac);

  /// Whose MAC address frames for `address` go to: itself or the gateway. 0: nobody's.
  std::uint32_t next_hop(std::uint32_t address) const {
    return ((address ^ config_.address) & config_.netmask) == 0 || find(address) != nullptr
               ? address : config_.gateway;
  }
  /// nullptr when it is not known (yet).
  const MacAddress* find(std::uint32_t hop) const {
    const Entry& entry = entries_[slot_of(hop)];
    return entry.address == hop && entry.known ? &entry.mac : nullptr;
  }
  /// Wants the MAC address of `hop`: true when a request should be sent now. False when one is on
  /// its way, or the table is full of others.
  bool want(std::uint32_t hop, TimeNs now_ns);

  ArpOutcome on_packet(std::span<const std::byte> bytes, TimeNs now_ns);

  /// Calls ask(address) for at most `most` entries whose question is due again; looks at a few
  /// dozen and goes on behind them the next time.
  template <class Ask>
  void refresh(TimeNs now_ns, std::size_t most, Ask&& ask) {
    const std::size_t looks = used_.size() < kLooks ? used_.size() : kLooks;
    for (std::size_t looked = 0; looked < looks && most > 0; ++looked) {
      next_refresh_ = next_refresh_ + 1 >= used_.size() ? 0 : next_refresh_ + 1;
      Entry& entry = entries_[used_[next_refresh_]];
      if (entry.fixed || !due(entry, now_ns)) continue;
      entry.asked_ns = now_ns;
      ask(entry.address);
      --most;
    }
  }

  std::size_t size() const { return used_.size(); }
  const ArpConfig& config() const { return config_; }

 private:
  struct Entry {
    std::uint32_t address = 0;  // 0: free
    bool known = false;
    bool fixed = false;
    MacAddress mac;
    TimeNs asked_ns = 0;
  };
  static constexpr std::size_t kLooks = 64;

  /// Of the entry for `address`, or of the free one where it would go.
  std::size_t slot_of(std::uint32_t address) const {
    std::size_t slot = address * std::uint64_t{0x9E3779B97F4A7C15} >> shift_;
    while (entries_[slot].address != 0 && entries_[slot].address != address) {
      slot = (slot + 1) & (entries_.size() - 1);
    }
    return slot;
  }
  /// The entry for `address`, made if there is room; nullptr when there is none.
  Entry* get(std::uint32_t address);
  bool due(const Entry& entry, TimeNs now_ns) const;
  bool possible(const ArpPacket& packet) const;

  ArpConfig config_;
  unsigned shift_;
  std::vector<Entry> entries_;  // a power of two, at most half of them used
  std::vector<std::uint32_t> used_;  // slots, in the order they were taken; none is given back
  std::size_t next_refresh_ = 0;
};

}  // namespace saker::net
