// The sends of a port that wait for their answers, by a number that rises with each.
#pragma once

#include <bit>
#include <vector>

#include "bench/recorder.hpp"

namespace saker::bench {

class Flights {
 public:
  /// Room for at least `most` at a time.
  explicit Flights(std::size_t most) : slots_(std::bit_ceil(most)), mask_(slots_.size() - 1) {}

  /// Another may be added: the slot of the next number is free.
  bool has_room() const { return slots_[(last_id_ + 1) & mask_].id == 0; }
  /// Adds one; there must be room. Returns its number, from 1 on.
  std::uint64_t add(Flight flight) {
    flight.id = ++last_id_;
    slots_[flight.id & mask_] = flight;
    ++count_;
    return flight.id;
  }
  /// The one with this number, or nullptr when it is not waiting (any more).
  Flight* find(std::uint64_t id) {
    Flight& slot = slots_[id & mask_];
    return slot.id == id && id != 0 ? &slot : nullptr;
  }
  void remove(Flight& flight) {
    flight.id = 0;
    --count_;
  }
  void clear() {
    for (Flight& slot : slots_) slot.id = 0;
    count_ = 0;
  }
  std::size_t size() const { return count_; }

 private:
  std::vector<Flight> slots_;
  std::size_t mask_;
  std::uint64_t last_id_ = 0;
  std::size_t count_ = 0;
};

}  // namespace saker::bench
