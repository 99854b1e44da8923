// Any bytes as a datagram of order entry, queries or the feed. The corpus beside it holds one
// valid datagram of every kind (written by the golden test).
#include <memory>

#include "proto/exercise.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A block of its own and of this very size, so that a byte read too far is noticed.
  const auto datagram = std::make_unique<std::byte[]>(size);
  if (size > 0) std::memcpy(datagram.get(), data, size);
  saker::proto::exercise_datagram({datagram.get(), size});
  return 0;
}
