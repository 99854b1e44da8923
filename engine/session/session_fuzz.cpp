// The session layer with a whole engine behind it.
#include "engine/session/session_fuzz.hpp"

#include "common/fuzz.hpp"
#include "engine/session/session_exercise.hpp"

namespace saker::engine::testing {

void fuzz_session(const std::uint8_t* data, std::size_t size) {
  static SessionExercise exercise;  // its memory; the engine is a new one for each input
  exercise.begin();
  exercise.run({reinterpret_cast<const std::byte*>(data), size});
  exercise.check();
}

}  // namespace saker::engine::testing

SAKER_FUZZ_TARGET(saker::engine::testing::fuzz_session)
