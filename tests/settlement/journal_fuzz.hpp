// Entry point of the fuzzer, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::accounts {

/// First byte even: the rest is the bytes of event files 1 and 2. Odd: a list of 6-byte changes
/// {file, offset (16 bits), xor, how, kept} to a sound journal; `how` 1 makes the checksums of the
/// batch agree again, so that what is behind them is reached. Whatever comes through goes into a
/// ledger: then it refuses, or no money has come from nowhere.
void fuzz_journal(const std::uint8_t* data, std::size_t size);

}  // namespace saker::accounts
