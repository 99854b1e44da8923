// saker-sim: runs seeded stories of the whole exchange in one thread and says which check, if
// any, a story broke. Exit status 0: none did; 1: one did (or, with --plant, the planted bug was
// found); 2: wrong use.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>

#include "common/command_line.hpp"
#include "common/plants.hpp"
#include "sim/world.hpp"

namespace saker::sim {
namespace {

struct Options {
  std::uint64_t seed = 1;
  std::string seeds;
  std::uint64_t steps = 20'000;
  std::string plant;
  bool list_plants = false;
  bool verbose = false;
};

struct PlantInfo {
  const char* name;
  plants::Plant plant;
  const char* file;
  const char* breaks;
};
constexpr PlantInfo kPlants[] = {
#define SAKER_PLANT_ROW(name, file, breaks) {#name, plants::Plant::name, file, breaks},
    SAKER_PLANT_TABLE(SAKER_PLANT_ROW)
#undef SAKER_PLANT_ROW
};

// The story that is being told, for the handler of assertions.
World* g_world = nullptr;
const char* g_plant = "";
std::chrono::steady_clock::time_point g_begun;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - g_begun).count();
}

void print_violation(const World& world, const char* check, const char* text) {
  for (const std::string& line : world.last_events()) std::printf("  %s\n", line.c_str());
  std::printf("VIOLATION seed %llu step %llu check %s: %s\n", ull(world.seed()),
              ull(world.step()), check, text);
  if (*g_plant != '\0') {
    std::printf("planted bug %s: found by %s with seed %llu at step %llu after %.1f s\n", g_plant,
                check, ull(world.seed()), ull(world.step()), seconds());
  }
  std::fflush(stdout);
}

/// An assertion of the real code failed: the story ends here, but it must say which it was.
void on_abort(int) {
  if (g_world != nullptr) print_violation(*g_world, "assertion", "see the line above");
  ::_exit(1);
}

/// False when a check failed.
bool tell(std::uint64_t seed, const Options& options, Coverage& coverage) {
  World world({seed, options.steps, options.verbose}, coverage);
  g_world = &world;
  const bool clean = world.run();
  if (clean) std::printf("%s\n", world.summary().c_str());
  else print_violation(world, world.verdict().check().c_str(), world.verdict().text().c_str());
  std::fflush(stdout);
  g_world = nullptr;
  return clean;
}

bool choose_plant(const std::string& name) {
  if (!plants::kCompiledIn) {
    std::fprintf(stderr, "saker-sim: planted bugs are not compiled in (meson -Dplants=true)\n");
    return false;
  }
  for (const PlantInfo& info : kPlants) {
    if (name != info.name) continue;
#ifdef SAKER_PLANTS
    plants::active = info.plant;
#endif
    g_plant = info.name;
    return true;
  }
  std::fprintf(stderr, "saker-sim: no planted bug %s; see --list-plants\n", name.c_str());
  return false;
}

int list_plants() {
  for (const PlantInfo& info : kPlants) {
    std::printf("%-28s %-34s %s\n", info.name, info.file, info.breaks);
  }
  return 0;
}

bool parse_range(const std::string& text, std::uint64_t& from, std::uint64_t& to) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return false;
  char* end = nullptr;
  from = std::strtoull(text.c_str(), &end, 10);
  if (end != text.c_str() + dots) return false;
  to = std::strtoull(text.c_str() + dots + 2, &end, 10);
  return *end == '\0' && from <= to;
}

int run(const Options& options, bool seed_given) {
  std::uint64_t from = options.seed;
  std::uint64_t to = options.seed;
  if (!options.plant.empty()) {
    if (!choose_plant(options.plant)) return 2;
    if (!seed_given) from = 1, to = 10'000;
  }
  if (!options.seeds.empty() && !parse_range(options.seeds, from, to)) {
    std::fprintf(stderr, "saker-sim: --seeds wants A..B\n");
    return 2;
  }
  g_begun = std::chrono::steady_clock::now();
  std::signal(SIGABRT, on_abort);
  Coverage coverage;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    if (!tell(seed, options, coverage)) return 1;
  }
  coverage.print(stdout);
  std::printf("%llu seeds clean in %.1f s\n", ull(to - from + 1), seconds());
  return 0;
}

}  // namespace
}  // namespace saker::sim

int main(int argc, char** argv) {
  saker::sim::Options options;
  saker::CommandLine app(
      "The whole exchange in one thread on a fake network, disk and clock. A seed is a story: the "
      "same seed tells the same one again.");
  const auto seed = app.option("--seed", options.seed, "one story").shown();
  app.option("--seeds", options.seeds, "stories A..B, both included");
  app.option("--steps", options.steps, "steps of each story before the faults end").shown();
  app.option("--plant", options.plant,
             "switch a planted bug on; without --seed: stories until it is found");
  app.flag("--list-plants", options.list_plants, "name, file, what each breaks");
  app.flag("--verbose", options.verbose, "say what happens as it happens");
  if (const auto code = app.parse(argc, argv)) return *code;
  if (options.list_plants) return saker::sim::list_plants();
  return saker::sim::run(options, seed.count() != 0);
}
