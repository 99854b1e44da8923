// Which order a client order id belongs to: one open-addressing table for all accounts.
//
// Linear probing with backward-shift deletion, so no tombstones pile up; keys are mixed with a
// seed of the venue, so that a client cannot line its ids up into one cluster. An entry stays
// while its id is among the account's last ones (in_window) or its order is open (live).
// Nothing ever iterates over the table.
#pragma once

#include <bit>

#include "common/assert.hpp"
#include "common/fixed_array.hpp"
#include "common/types.hpp"

namespace saker::core {

struct ClientIdEntry {
  std::uint64_t client_order_id = 0;  // 0: free
  std::uint64_t order_id = 0;
  std::uint32_t account = 0;
  bool in_window = false;
  bool live = false;
};

class ClientIdTable {
 public:
  /// At most `entries` at a time; kept at most two thirds full.
  ClientIdTable(std::size_t entries, std::uint64_t seed, bool touch)
      : slots_(std::bit_ceil(entries + entries / 2 + 3), touch),
        mask_(slots_.size() - 1),
        seed_(seed) {}

  ClientIdEntry* find(std::uint32_t account, std::uint64_t id) {
    for (std::size_t i = home(account, id);; i = (i + 1) & mask_) {
      ClientIdEntry& entry = slots_[i];
      if (entry.client_order_id == 0) return nullptr;
      if (entry.client_order_id == id && entry.account == account) return &entry;
    }
  }
  const ClientIdEntry* find(std::uint32_t account, std::uint64_t id) const {
    return const_cast<ClientIdTable*>(this)->find(account, id);
  }

  /// Fetches the place where the id is or would be.
  void prefetch(std::uint32_t account, std::uint64_t id) const {
    __builtin_prefetch(&slots_[home(account, id)], 1);
  }

  /// Adds an entry that must not be there yet.
  ClientIdEntry& insert(std::uint32_t account, std::uint64_t id) {
    ++size_;
    SAKER_ASSERT(size_ * 3 <= slots_.size() * 2);
    std::size_t i = home(account, id);
    while (slots_[i].client_order_id != 0) i = (i + 1) & mask_;
    slots_[i] = {.client_order_id = id, .order_id = 0, .account = account};
    return slots_[i];
  }

  void erase(ClientIdEntry* entry) {
    std::size_t hole = static_cast<std::size_t>(entry - slots_.data());
    for (std::size_t i = (hole + 1) & mask_; slots_[i].client_order_id != 0;
         i = (i + 1) & mask_) {
      const std::size_t want = home(slots_[i].account, slots_[i].client_order_id);
      if (((i - want) & mask_) >= ((i - hole) & mask_)) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = {};
    --size_;
  }

  std::size_t size() const { return size_; }

 private:
  std::size_t home(std::uint32_t account, std::uint64_t id) const {
    std::uint64_t x = (id ^ seed_) + account * 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return (x ^ (x >> 31)) & mask_;
  }

  FixedArray<ClientIdEntry> slots_;  // the largest table of all: huge pages matter
  std::size_t mask_;
  std::uint64_t seed_;
  std::size_t size_ = 0;
};

}  // namespace saker::core
