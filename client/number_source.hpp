// Client sequence numbers: which one the next command gets.
//
// In one connection a number is given once. The engine takes none more than a window above the
// highest it has applied, so a run of commands that it refused unsequenced can use all of them up.
// A refused number is not given again before the next logon: a copy of the refused datagram may
// still be on its way and be applied after all, and the new command would be told the outcome of
// the old one. After the logon no copy counts any more, whenever it comes, since its tag was made
// with the former connection's key; and what was applied before, the engine has said.
#pragma once

#include <cstdint>

namespace saker::client {

class NumberSource {
 public:
  /// After a logon: the engine has not seen `next` nor anything above. `floor`: what is undecided
  /// is below.
  void logged_on(std::uint64_t next, std::uint64_t floor, std::uint32_t max_in_flight) {
    highest_seen_ = next - 1;
    next_ = next > floor ? next : floor;
    max_in_flight_ = max_in_flight;
  }

  /// The engine has applied this number.
  void applied(std::uint64_t number) {
    if (number > highest_seen_) highest_seen_ = number;
  }

  /// The engine would refuse the next number until it has applied a higher one.
  bool used_up() const { return next_ > highest_seen_ + max_in_flight_; }
  /// A number for a new command, 0 when they are used up.
  std::uint64_t take() { return used_up() ? 0 : next_++; }

  std::uint64_t next() const { return next_; }
  std::uint64_t highest_seen() const { return highest_seen_; }

 private:
  std::uint64_t next_ = 1;
  std::uint64_t highest_seen_ = 0;
  std::uint32_t max_in_flight_ = 1024;
};

}  // namespace saker::client
