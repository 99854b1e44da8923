// The short form of the fuzzer beside it.
#include <gtest/gtest.h>

#include "client/client_fuzz.hpp"
#include "common/fuzz_corpus.hpp"

namespace saker::client {
namespace {

TEST(Fuzz, Client) {
  fuzz_briefly(fuzz_client, SAKER_SOURCE_ROOT "/client/client_fuzz_corpus", 200);
}

}  // namespace
}  // namespace saker::client
