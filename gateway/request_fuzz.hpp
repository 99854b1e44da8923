// Entry point of the fuzzer, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::gateway {

/// First byte: what the rest is. JSON of a new order, a replacement or a mass cancel, the name of a
/// channel, or a decimal of a market. What is taken is within the market's numbers and, written
/// again, read the same; everything else is an ApiError of the caller's.
void fuzz_request(const std::uint8_t* data, std::size_t size);

}  // namespace saker::gateway
