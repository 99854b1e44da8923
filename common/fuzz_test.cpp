// The short forms of this folder's fuzzers.
#include <gtest/gtest.h>

#include "common/config_fuzz.hpp"
#include "common/fuzz_corpus.hpp"

namespace saker {
namespace {

TEST(Fuzz, Config) {
  fuzz_briefly(fuzz_config, SAKER_SOURCE_ROOT "/common/config_fuzz_corpus", 1'000);
}
TEST(Fuzz, Decimal) {
  fuzz_briefly(fuzz_decimal, SAKER_SOURCE_ROOT "/common/decimal_fuzz_corpus", 20'000);
}

}  // namespace
}  // namespace saker
