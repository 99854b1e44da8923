// The session layer with a whole engine behind it, fed by the fuzzer: see session_exercise.hpp.
// One engine lives through many inputs, so that they build on each other.
#include <memory>

#include "engine/session/session_exercise.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::unique_ptr<saker::engine::testing::SessionExercise> exercise;
  static std::size_t inputs = 0;
  if (inputs++ % 4'096 == 0) {
    if (exercise != nullptr) exercise->check();
    exercise = std::make_unique<saker::engine::testing::SessionExercise>();
  }
  exercise->run({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
