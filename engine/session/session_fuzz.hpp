// Entry point of the fuzzer, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::engine::testing {

/// A life of datagrams (session_exercise.hpp) for an engine that has just started, the same each
/// time: nothing of one input is left when the next begins.
void fuzz_session(const std::uint8_t* data, std::size_t size);

}  // namespace saker::engine::testing
