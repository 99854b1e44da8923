// An exchange in this process without a network: the real core, sequencer, staging, release and
// log writer with its threads. Recorded commands are sequenced where the session layer would do
// it; what is released goes nowhere. For measuring the log as the engine lives with it.
#pragma once

#include <poll.h>

#include <memory>
#include <string>

#include "bench/streams.hpp"
#include "engine/engine_config.hpp"
#include "engine/loop.hpp"
#include "journal/log_storage.hpp"
#include "journal/log_threads.hpp"

namespace saker::bench {

/// net::Transport that brings nothing and forgets what is sent.
class NoTransport {
 public:
  std::span<net::Datagram> receive() { return {}; }
  std::span<std::byte> reserve() { return bytes_; }
  void commit(net::Endpoint, std::size_t) {}
  bool send(net::Endpoint, Bytes) { return true; }
  std::size_t send_each(std::span<const net::Endpoint> to, Bytes) { return to.size(); }
  void flush() {}

 private:
  alignas(8) std::array<std::byte, 2048> bytes_;
};

class NoSecrets : public engine::SecretSource {
 public:
  const proto::Secret* find(std::uint32_t) const override { return nullptr; }
};

struct LogVenueOptions {
  std::string directory;      // made when missing; must hold no log
  journal::WritePath write = journal::WritePath::automatic;
  bool busy = false;          // the hot thread spins; else it sleeps when idle
  bool spin = false;          // so does the log writer
  int hot_cpu = -1;           // -1: wherever the kernel puts it
  int writer_cpu = -1;
  std::uint64_t segment_bytes = 64u << 20;
};

class LogVenue {
 public:
  using Log = journal::LogWriter<journal::LogStorage>;
  using Exchange = engine::Engine<NoTransport, Log, UtcClock>;

  /// Commands of one round of the hot thread, as of one burst from a network.
  static constexpr std::size_t kAtOnce = 64;

  /// Throws std::runtime_error when the log cannot be written there.
  explicit LogVenue(const LogVenueOptions& options);
  ~LogVenue();

  /// Sequences the set-up of `stream` (with an epoch's start after its genesis), and says that the
  /// venue is complete. Call it first, with the stream whose commands follow.
  void set_up(const Stream& stream);
  /// One command of the set-up stream as if it had arrived at `received_ns`; false when there is
  /// no room for it now. The steps of large sweeps are the engine's own here: those that were
  /// recorded are passed over.
  bool sequence(const Stream& stream, std::size_t index, TimeNs received_ns);
  /// One round of the hot thread; true when it released something.
  bool round();
  /// Sleeps (busy: not) until the log writer has something or `until_ns`.
  void rest(TimeNs until_ns);
  /// Rounds until all that is sequenced is released.
  void settle();
  /// Writes the rest of the log and closes it. False when that fails.
  bool stop();

  TimeNs now_ns() const { return clock_.now_ns(); }
  Sequence sequenced() const { return core_->sequence(); }
  Sequence released() const { return engine_->released_sequence(); }
  engine::Metrics& metrics() { return engine_->metrics(); }
  const core::Core& core() const { return *core_; }
  const std::string& write_note() const { return storage_.note(); }
  std::uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }
  /// Bytes of the log up to the last durable batch. Only while nothing is under way (settle()).
  std::uint64_t log_bytes() const;
  const journal::LogState& log_state() const { return log_->state(); }
  engine::DutyCycle& duty() { return *duty_; }

 private:
  const LogVenueOptions options_;
  engine::ProcessConfig config_;
  UtcClock clock_;
  NoTransport transport_;
  NoSecrets secrets_;
  journal::LogStorage storage_;
  engine::StagingRing staging_;
  std::unique_ptr<journal::SegmentAllocator<journal::LogStorage>> allocator_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<journal::LogThreads<journal::LogStorage>> threads_;
  std::unique_ptr<core::Core> core_;
  std::unique_ptr<Exchange> engine_;
  std::unique_ptr<engine::DutyCycle> duty_;
  WakeFd wake_;
  std::atomic<std::uint64_t> batches_{0};
  TimeNs round_ended_ns_ = 0;
};

}  // namespace saker::bench
