// Every program's configuration: the file that comes with it is taken, and no changed one does
// worse than to be refused by its name.
#include <gtest/gtest.h>

#include "common/fuzz_corpus.hpp"
#include "tests/config/readers_fuzz.hpp"

namespace saker {
namespace {

TEST(Readers, ChangedFilesAreReadOrRefused) {
  fuzz_briefly(fuzz_readers, SAKER_SOURCE_ROOT "/tests/config/readers_fuzz_corpus", 500);
}

}  // namespace
}  // namespace saker
