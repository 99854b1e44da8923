// Entry points of the fuzzers, called by libFuzzer and by the ordinary tests alike. They assert
// what must hold for any bytes whatever; a broken promise aborts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::journal {

/// First byte even: the rest is the bytes of segments 0 and 1. Odd: the rest is a list of
/// 5-byte patches {segment, offset (16 bits), xor, repair} to a sound log; a patch with
/// `repair` 1 recomputes the checksums of the batch that holds the offset, so that the checks
/// behind the checksums are reached, 3 the links of all batches and segments as well, 2 the
/// checksum of the segment's header. When it leaves 3 of 4 the log has a durable mark, which is
/// segment 3 then.
void fuzz_log(const std::uint8_t* data, std::size_t size);

/// The bytes are the newest of two snapshots, or with an odd first byte patches as above.
void fuzz_snapshot(const std::uint8_t* data, std::size_t size);

}  // namespace saker::journal
