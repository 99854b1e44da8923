// The short form of the fuzzer beside it.
#include <gtest/gtest.h>

#include "accounts/identity/address_fuzz.hpp"
#include "common/fuzz_corpus.hpp"

namespace saker::accounts {
namespace {

TEST(Fuzz, Address) {
  fuzz_briefly(fuzz_address, SAKER_SOURCE_ROOT "/accounts/identity/address_fuzz_corpus", 20'000);
}

}  // namespace
}  // namespace saker::accounts
