// Entry point of the fuzzer, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::client {

/// What a market maker's program meets when engine, follower and feed turn against it: datagrams
/// of every kind with any content, under good tags and bad ones, amid the true ones. Each command
/// is decided at most once, reports come in order and once, books stay books, and nothing grows
/// without bound.
void fuzz_client(const std::uint8_t* data, std::size_t size);

}  // namespace saker::client
