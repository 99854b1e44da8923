// The ports of the engine beside net::Transport: the command log and the clock. The process
// plugs in journal::LogWriter and the system's clock, the simulator its own.
#pragma once

#include <concepts>

#include "journal/log_writer.hpp"

namespace saker::engine {

template <class T>
concept Clock = requires(T clock) {
  /// UTC nanoseconds; may step backwards (the sequencer does not).
  { clock.now_ns() } -> std::convertible_to<TimeNs>;
};

/// The producer's side of journal::LogWriter, whatever storage is behind it.
template <class T>
concept CommandLog = requires(T log, const journal::RecordFields& fields, Bytes bytes) {
  { log.can_append(std::size_t{}, std::size_t{}) } -> std::same_as<bool>;
  { log.append(fields, bytes, bytes) };
  { log.kick() };
  { log.room() } -> std::same_as<journal::Room>;
  { log.durable_sequence() } -> std::same_as<Sequence>;
  { log.failed() } -> std::same_as<bool>;
};

}  // namespace saker::engine
