// The short form of the fuzzer beside it.
#include <gtest/gtest.h>

#include "tests/settlement/journal_fuzz.hpp"
#include "common/fuzz_corpus.hpp"

namespace saker::accounts {
namespace {

TEST(Fuzz, Journal) {
  fuzz_briefly(fuzz_journal, SAKER_SOURCE_ROOT "/tests/settlement/journal_fuzz_corpus", 200);
}

}  // namespace
}  // namespace saker::accounts
