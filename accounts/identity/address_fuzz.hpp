// Entry point of the fuzzer, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::accounts {

/// Text as an e-mail address, as where a caller says to be, and as a display name: what is taken is
/// one spelling, taken again as it is, and safe where it goes (mail headers, database, page).
void fuzz_address(const std::uint8_t* data, std::size_t size);

}  // namespace saker::accounts
