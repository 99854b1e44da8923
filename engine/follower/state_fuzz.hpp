// Entry points of the fuzzers of this folder, called by libFuzzer and by the ordinary tests alike.
// A broken promise aborts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::follower {

/// First byte even: the rest is a state. Odd: the rest is a list of 4-byte patches {offset (24
/// bits, modulo the length), xor} to a sound state. Whatever the bytes: decode gives nullptr with
/// a reason, or a state that keeps every invariant, encodes to the same bytes again and goes on
/// to take commands. True when it was a state.
bool fuzz_state(const std::uint8_t* data, std::size_t size);

/// What three sessions and a stranger send to a follower: questions with any numbers under good
/// tags, changed ones, noise, logons from other places, time. Nothing stops it, and a stranger gets
/// no more than it sent.
void fuzz_query(const std::uint8_t* data, std::size_t size);

}  // namespace saker::follower
