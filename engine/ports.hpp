// The ports of the engine beside net::Transport and saker::Clock: the command log and the source
// of secrets. The process plugs in journal::LogWriter and the secret store, the simulator its own.
#pragma once

#include <concepts>

#include "common/clock.hpp"
#include "journal/log_writer.hpp"
#include "proto/keys.hpp"

namespace saker::engine {

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

/// Where the secrets come from; asked at logon only.
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  /// Valid until the next call; nullptr when there is none. Does not block or allocate.
  virtual const proto::Secret* find(std::uint32_t key_id) const = 0;
};

}  // namespace saker::engine
