// Client sequence numbers: which one the next command gets.
//
// Numbers rise. The engine takes none more than a window above the highest it has seen, so after
// a run of commands that it refused unsequenced the numbers of these have to be used again; but
// not before every copy of the refused datagram must have left the network, or a late copy would
// be taken for the new command.
#pragma once

#include <array>

#include "common/types.hpp"

namespace saker::client {

class NumberSource {
 public:
  explicit NumberSource(std::uint64_t quarantine_ns) : quarantine_ns_(quarantine_ns) {}

  /// After a logon: the engine has not seen `next` nor anything above, and remembers numbers for
  /// `reorder_window` below its highest. `own_floor`: no new number below this.
  void logged_on(std::uint64_t next, std::uint64_t own_floor, std::uint32_t reorder_window,
                 std::uint32_t max_in_flight) {
    highest_seen_ = next - 1;
    next_ = next > own_floor ? next : own_floor;
    reorder_window_ = reorder_window;
    max_in_flight_ = max_in_flight;
  }

  /// The engine has applied this number.
  void applied(std::uint64_t number) {
    if (number > highest_seen_) highest_seen_ = number;
  }

  /// The command with this number was refused without being sequenced.
  void refused(std::uint64_t number, TimeNs now_ns) {
    if (count_ == refused_.size()) drop_oldest();
    refused_[(first_ + count_++) % refused_.size()] = {number, now_ns + quarantine_ns_};
  }

  /// A number for a new command, 0 when there is none now.
  std::uint64_t take(TimeNs now_ns) {
    if (next_ <= highest_seen_ + max_in_flight_) return next_++;
    while (count_ > 0) {
      const Refused oldest = refused_[first_];
      if (now_ns < oldest.usable_ns) return 0;
      drop_oldest();
      // Half the window is left for numbers to overtake this one on the way.
      if (oldest.number + reorder_window_ / 2 > highest_seen_) return oldest.number;
    }
    return 0;
  }

  std::uint64_t next() const { return next_; }
  std::uint64_t highest_seen() const { return highest_seen_; }

 private:
  struct Refused {
    std::uint64_t number = 0;
    TimeNs usable_ns = 0;
  };
  void drop_oldest() {
    first_ = (first_ + 1) % refused_.size();
    --count_;
  }

  const std::uint64_t quarantine_ns_;
  std::uint64_t next_ = 1;
  std::uint64_t highest_seen_ = 0;
  std::uint32_t reorder_window_ = 256;
  std::uint32_t max_in_flight_ = 1024;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::array<Refused, 2048> refused_{};  // last: seldom touched
};

}  // namespace saker::client
