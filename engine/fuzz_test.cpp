// The short form of the fuzzer beside it.
#include <gtest/gtest.h>

#include "common/fuzz_corpus.hpp"
#include "engine/venue_fuzz.hpp"

namespace saker::engine {
namespace {

TEST(Fuzz, Venue) {
  fuzz_briefly(fuzz_venue, SAKER_SOURCE_ROOT "/engine/venue_fuzz_corpus", 300);
}

}  // namespace
}  // namespace saker::engine
