// Entry points of the fuzzers of this folder, called by libFuzzer and by the ordinary tests alike.
#pragma once

#include <cstddef>
#include <cstdint>

namespace saker::evidence {

/// First byte even: the rest is the text of a proof; one that is taken is written and read again
/// the same. Odd: the rest changes the sound proof of a record, field by field; what is accepted
/// then is a record as the log has it, whatever else was changed.
void fuzz_proof(const std::uint8_t* data, std::size_t size);

/// First byte even: the rest is a file of heads. Odd: a list of 4-byte changes {head, offset, xor,
/// sign} to a sound one; with `sign` 1 the head is signed anew. A notary goes on from it or says
/// why not, an audit accepts only heads that the sound file has, and a proof is one.
void fuzz_heads(const std::uint8_t* data, std::size_t size);

/// The text of a key: what is taken is written and read again the same.
void fuzz_key(const std::uint8_t* data, std::size_t size);

}  // namespace saker::evidence
