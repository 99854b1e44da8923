// Many sessions of one process logged on, in as long as that takes.
#pragma once

#include <cstddef>

#include "common/clock.hpp"

namespace saker::bench {

inline constexpr std::size_t kLogonsAtOnce = 16;
/// Without another session logged on in this time, none will be.
inline constexpr std::uint64_t kLogonPatienceNs = 20'000'000'000;

/// Logs all members on, a few at a time; `turn` sends and receives for all of them. How long the
/// whole takes is the machine's affair: false only when no other session was logged on in
/// kLogonPatienceNs. Those that are on are looked after, or the first would have timed out when
/// the last is there.
template <class Members, Clock Time, class Turn>
bool log_on_all(Members& members, Time& clock, Turn&& turn) {
  std::size_t done = 0;
  std::size_t begun = 0;
  std::size_t looked_after = 0;
  TimeNs progress_ns = clock.now_ns();
  while (done < members.size()) {
    const TimeNs now_ns = clock.now_ns();
    if (now_ns - progress_ns > kLogonPatienceNs) return false;
    while (begun < members.size() && begun < done + kLogonsAtOnce) members[begun++].start(now_ns);
    turn();
    for (std::size_t i = done; i < begun; ++i) members[i].poll(now_ns);
    if (done > 0) members[looked_after++ % done].poll(now_ns);
    for (; done < begun && members[done].logged_on(); ++done) progress_ns = now_ns;
  }
  turn();
  return true;
}

}  // namespace saker::bench
