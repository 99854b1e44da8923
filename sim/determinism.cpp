// One command stream, three ways through the core: live, replayed from the beginning, and from a
// snapshot taken at the start of each stretch. All must agree on the event chain and on the state
// hash after every stretch. What it prints is the same for every compiler and optimisation:
// tests/determinism/builds_test.sh compares that.
//
//   determinism [--commands N] [--seed S] [--live-only]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string_view>
#include <vector>

#include "engine/core/core.hpp"
#include "sim/command_generator.hpp"

namespace saker::sim {
namespace {

constexpr std::uint64_t kStretch = 50'000;

class Collector : public core::StateSink {
 public:
  void write(Bytes bytes) override { all.insert(all.end(), bytes.begin(), bytes.end()); }
  std::vector<std::byte> all;
};

class Source : public core::StateSource {
 public:
  explicit Source(Bytes bytes) : left_(bytes) {}
  bool read(std::span<std::byte> into) override {
    if (left_.size() < into.size()) return false;
    std::copy(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(into.size()),
              into.begin());
    left_ = left_.subspan(into.size());
    return true;
  }

 private:
  Bytes left_;
};

/// A command with its own bytes, as a log keeps it.
struct Recorded {
  core::Command command;
  alignas(8) std::array<std::byte, core::kMaxCommandBody> body;
};

struct Result {
  std::uint64_t chain_head = 0;
  Hash128 state;
  bool operator==(const Result&) const = default;
};

Result result_of(const core::Core& core) { return {core.chain_head(), core.state_hash()}; }

class Runs {
 public:
  Runs(const GeneratorConfig& config, bool live_only)
      : live_only_(live_only), generator_(config), live_(create()), replay_(create()) {}

  /// False when one of the runs went another way.
  bool run(std::uint64_t commands) {
    for (std::uint64_t done = 0; done < commands; done += kStretch) {
      const std::uint64_t count = std::min(kStretch, commands - done);
      if (!stretch(count)) return false;
    }
    return true;
  }
  Result result() const { return result_of(*live_); }

 private:
  std::unique_ptr<core::Core> create() {
    const char* why = "";
    auto core = core::Core::create(generator_.genesis(), &why);
    SAKER_ASSERT(core != nullptr);
    return core;
  }

  bool stretch(std::uint64_t count) {
    Collector snapshot;
    if (!live_only_) live_->encode(snapshot);
    recorded_.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      const core::Command command = generator_.next(live_->has_urgent_job(), live_->has_job());
      if (!live_only_) {
        Recorded& recorded = recorded_.emplace_back();
        recorded.command = command;
        std::copy(command.body.begin(), command.body.end(), recorded.body.begin());
        recorded.command.body = {recorded.body.data(), command.body.size()};
      }
      live_->apply(command, out_);
      generator_.on_reports(out_.reports.view());
    }
    return live_only_ || agree(snapshot.all);
  }

  bool agree(Bytes snapshot) {
    Source source(snapshot);
    const char* why = "";
    std::unique_ptr<core::Core> tail = core::Core::decode(source, &why);
    if (tail == nullptr) {
      std::printf("the snapshot cannot be read: %s\n", why);
      return false;
    }
    for (const Recorded& recorded : recorded_) {
      replay_->apply(recorded.command, out_);
      tail->apply(recorded.command, out_);
    }
    const Result live = result_of(*live_);
    if (live == result_of(*replay_) && live == result_of(*tail)) return true;
    std::printf("live, replay and snapshot with tail differ by command %llu\n",
                static_cast<unsigned long long>(live_->sequence()));
    return false;
  }

  const bool live_only_;
  CommandGenerator generator_;
  std::unique_ptr<core::Core> live_;
  std::unique_ptr<core::Core> replay_;
  std::deque<Recorded> recorded_;
  core::Output out_;
};

int run(std::uint64_t commands, std::uint64_t seed, bool live_only) {
  const auto profiles = generator_profiles();
  for (const std::string_view profile : profiles) {
    Runs runs(generator_profile(profile, seed), live_only);
    const std::uint64_t share = commands / profiles.size() + 1;
    if (!runs.run(share)) return 1;
    const Result result = runs.result();
    std::printf("%-9s %llu commands chain %016llx state %016llx%016llx\n",
                std::string(profile).c_str(), static_cast<unsigned long long>(share),
                static_cast<unsigned long long>(result.chain_head),
                static_cast<unsigned long long>(result.state.high),
                static_cast<unsigned long long>(result.state.low));
  }
  return 0;
}

}  // namespace
}  // namespace saker::sim

int main(int count, char** arguments) {
  std::uint64_t commands = 90'000;
  std::uint64_t seed = 1;
  bool live_only = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "--live-only") {
      live_only = true;
    } else if (word == "--commands" && i + 1 < count) {
      commands = std::strtoull(arguments[++i], nullptr, 10);
    } else if (word == "--seed" && i + 1 < count) {
      seed = std::strtoull(arguments[++i], nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: determinism [--commands N] [--seed S] [--live-only]\n");
      return 2;
    }
  }
  return saker::sim::run(commands, seed, live_only);
}
