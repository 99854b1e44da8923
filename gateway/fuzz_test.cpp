// The short form of the fuzzer beside it.
#include <gtest/gtest.h>

#include "common/fuzz_corpus.hpp"
#include "gateway/request_fuzz.hpp"

namespace saker::gateway {
namespace {

TEST(Fuzz, Request) {
  fuzz_briefly(fuzz_request, SAKER_SOURCE_ROOT "/gateway/request_fuzz_corpus", 3'000);
}

}  // namespace
}  // namespace saker::gateway
