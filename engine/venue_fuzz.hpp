// Entry point of the fuzzer, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::engine {

/// A venue file: a ConfigError that begins with the file's name, or commands of the right size, the
/// same each time, which a core takes or of which it is said that it does not.
void fuzz_venue(const std::uint8_t* data, std::size_t size);

}  // namespace saker::engine
