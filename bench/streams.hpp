// Recorded command streams for measuring the core alone.
//
// Order ids are issued by the engine, so a stream is made by running it once: the generator sees
// what the core answers and names live orders in its cancels and replaces. Replaying the recorded
// commands on a fresh core gives the same ids again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/core.hpp"

namespace saker::bench {

/// A recorded stream: set-up (venue, logons, deposits, resting orders) and the part to time.
class Stream {
 public:
  std::string name;

  /// Commands in all, and how many of them are set-up.
  std::size_t size() const { return kinds_.size(); }
  std::size_t setup_size() const { return setup_size_; }
  /// The i-th command; `sequence` is i + 1. The body points into the stream.
  core::Command command(std::size_t i) const;
  /// A core that has applied the set-up.
  std::unique_ptr<core::Core> prepared(core::Output& out) const;
  /// Trades made by the timed part when it was recorded.
  std::uint64_t fills = 0;

 private:
  friend class Recorder;
  struct Body {
    alignas(8) std::byte bytes[core::kMaxCommandBody];
  };
  std::vector<proto::CommandKind> kinds_;
  std::vector<core::CommandEnvelope> envelopes_;
  std::vector<std::uint32_t> offsets_;
  std::vector<std::uint64_t> words_;  // bodies, back to back
  std::size_t setup_size_ = 0;
};

/// The mixes (shares as in docs/benchmarks.md), `count` timed commands each.
///   shallow: seven prices, half limit, half market orders: most commands trade
///   replace: 1,000 live orders, 83 % replaces, 3 % immediate, 6 % cancels
///   deep:    20,000 resting, 47 % add, 43 % cancel, 5 % replace, 5 % immediate at the touch
///   symbols: the deep mix over 100 markets
std::vector<Stream> record_streams(std::size_t count);
/// The deep mix alone.
Stream record_deep_stream(std::size_t count);

}  // namespace saker::bench
