// The two threads behind a log: one that writes, one of low priority that prepares segments.
// While there is nothing to write, the writer sleeps until the producer wakes it (which costs the
// producer a system call), spins (which costs a core), or naps for a moment at a time. Everything
// they do is poll(); the simulator does without them.
#pragma once

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <thread>

#include "journal/log_writer.hpp"

namespace saker::journal {

enum class WriterWait : std::uint8_t { wake, spin, nap };

template <Storage S>
class LogThreads {
 public:
  LogThreads(LogWriter<S>& writer, SegmentAllocator<S>& allocator, const LogConfig& config,
             WriterWait wait)
      : writer_(writer), allocator_(allocator), retry_ns_(config.retry_interval_ns), wait_(wait) {}
  ~LogThreads() { stop(); }
  LogThreads(const LogThreads&) = delete;
  LogThreads& operator=(const LogThreads&) = delete;

  /// After LogWriter::start(). `on_writer_thread` runs first on the writer's thread (to pin it).
  void start(std::function<void()> on_writer_thread = {}) {
    writer_thread_ = std::thread([this, first = std::move(on_writer_thread)] {
      if (first) first();
      run_writer();
    });
    allocator_thread_ = std::thread([this] { run_allocator(); });
  }

  /// Writes out what is queued and closes the log. False when some of it could not be made
  /// durable. The producer must have stopped appending.
  bool stop() {
    if (!writer_thread_.joinable()) return clean_;
    stopping_.store(true, std::memory_order_seq_cst);
    writer_.wake_up().notify();
    writer_thread_.join();
    allocator_stopping_.store(true, std::memory_order_seq_cst);
    allocator_.wake_up().notify();
    allocator_thread_.join();
    clean_ = !writer_.failed() && writer_.idle() && writer_.close();
    return clean_;
  }

 private:
  static constexpr long kNapNs = 50'000;

  static TimeNs now_ns() {
    timespec t;
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<TimeNs>(t.tv_sec) * 1'000'000'000 + static_cast<TimeNs>(t.tv_nsec);
  }

  void run_writer() {
    for (;;) {
      while (writer_.poll(now_ns())) {
      }
      if (writer_.failed()) return;
      const bool stopping = stopping_.load(std::memory_order_seq_cst);
      if (stopping && (writer_.idle() || writer_.starved())) return;
      if (wait_ == WriterWait::spin) {
        __builtin_ia32_pause();
        continue;
      }
      if (wait_ == WriterWait::nap) {
        const timespec nap{0, kNapNs};
        ::nanosleep(&nap, nullptr);
        continue;
      }
      WakeUp& wake_up = writer_.wake_up();
      wake_up.prepare();
      if (writer_.wants_poll() || stopping_.load(std::memory_order_seq_cst) != stopping) {
        wake_up.cancel();
      } else {
        wake_up.wait(writer_.starved() ? retry_ns_ : WakeUp::kForever);
      }
    }
  }

  void run_allocator() {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 5);
    while (!allocator_stopping_.load(std::memory_order_seq_cst)) {
      if (allocator_.poll(now_ns())) continue;
      if (allocator_.failed()) return;
      WakeUp& wake_up = allocator_.wake_up();
      wake_up.prepare();
      const AllocatorStatus status = allocator_.status();
      if (status == AllocatorStatus::preparing ||
          allocator_stopping_.load(std::memory_order_seq_cst)) {
        wake_up.cancel();
      } else {
        wake_up.wait(status == AllocatorStatus::no_space ? retry_ns_ : WakeUp::kForever);
      }
    }
  }

  LogWriter<S>& writer_;
  SegmentAllocator<S>& allocator_;
  const std::uint64_t retry_ns_;
  const WriterWait wait_;
  bool clean_ = false;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> allocator_stopping_{false};
  std::thread writer_thread_;
  std::thread allocator_thread_;
};

}  // namespace saker::journal
