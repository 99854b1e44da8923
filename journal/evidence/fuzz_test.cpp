// The short forms of this folder's fuzzers.
#include <gtest/gtest.h>

#include "common/fuzz_corpus.hpp"
#include "journal/evidence/evidence_fuzz.hpp"

namespace saker::evidence {
namespace {

const std::string kFolder = SAKER_SOURCE_ROOT "/journal/evidence/";

TEST(Fuzz, Proof) { fuzz_briefly(fuzz_proof, kFolder + "proof_fuzz_corpus", 500); }
TEST(Fuzz, Heads) { fuzz_briefly(fuzz_heads, kFolder + "heads_fuzz_corpus", 100); }
TEST(Fuzz, Key) { fuzz_briefly(fuzz_key, kFolder + "key_fuzz_corpus", 5'000); }

}  // namespace
}  // namespace saker::evidence
