// Entry point of the fuzzer, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker {

/// First byte: which program reads the rest as its configuration (engine, follower, bots, gateway,
/// accounts, engine over DPDK). It gets values, or a ConfigError that begins with the file's name;
/// nothing else.
void fuzz_readers(const std::uint8_t* data, std::size_t size);

}  // namespace saker
