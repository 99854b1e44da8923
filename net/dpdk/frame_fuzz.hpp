// Entry point of the frame fuzzer, called by libFuzzer and by the ordinary test alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::net {

/// Asserts what must hold for any bytes whatever; a broken promise aborts.
void fuzz_frame(const std::uint8_t* data, std::size_t size);

}  // namespace saker::net
