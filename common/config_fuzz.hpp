// Entry points of the fuzzers of this folder, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker {

/// A TOML document: every way to ask for a value gives one of its type and range, or a ConfigError
/// of one line that begins with the file's name. Nothing else is thrown.
void fuzz_config(const std::uint8_t* data, std::size_t size);

/// First byte: decimals and shown places. The rest is decimal text, held against a slow reading in
/// 128 bits; what is accepted, written and read again is the same number.
void fuzz_decimal(const std::uint8_t* data, std::size_t size);

}  // namespace saker
