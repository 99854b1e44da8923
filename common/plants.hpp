// Planted bugs: deliberate mistakes in the real code that prove the simulator can find mistakes.
//
// They exist only in builds made with -DSAKER_PLANTS=1 (`meson -Dplants=true`), where the
// simulator switches one on at a time; everywhere else SAKER_PLANT(x) is the constant false and
// leaves no trace. One line each at the place: `if (SAKER_PLANT(ack_before_commit)) …`.
#pragma once

namespace saker::plants {

/// X(name, file, what it breaks). The one table: code, `saker-sim --list-plants` and the tests
/// read it.
#define SAKER_PLANT_TABLE(X)                                                                     \
  X(ack_before_commit, "engine release", "outputs leave before the log is durable")

enum class Plant : unsigned char {
  none,
#define SAKER_PLANT_NAME(name, file, breaks) name,
  SAKER_PLANT_TABLE(SAKER_PLANT_NAME)
#undef SAKER_PLANT_NAME
};

#ifdef SAKER_PLANTS
inline constexpr bool kCompiledIn = true;
/// The one that is switched on. Set by the simulator only, before it starts anything.
inline Plant active = Plant::none;
#define SAKER_PLANT(name) (::saker::plants::active == ::saker::plants::Plant::name)
#else
inline constexpr bool kCompiledIn = false;
#define SAKER_PLANT(name) (false && ::saker::plants::Plant::name == ::saker::plants::Plant::none)
#endif

}  // namespace saker::plants
