// A log record as the core's command: the way back of what Sequencer::sequence() appends.
#pragma once

#include <array>
#include <cstring>

#include "engine/core/command.hpp"
#include "journal/log_reader.hpp"

namespace saker::engine {

/// Room for the body of a command that is read from the log.
struct CommandBody {
  alignas(8) std::array<std::byte, core::kMaxCommandBody> bytes;
};

/// Fills in `command`, whose body then lies in `body`. Otherwise says what cannot be: the record
/// passed its checksums, so it was written by another program than this one.
inline const char* to_command(const journal::RecordView& record, CommandBody& body,
                              core::Command& command) {
  const auto kind = static_cast<proto::CommandKind>(record.header.type);
  const std::size_t size = core::body_size(kind);
  if (size == 0) return "record of a kind that this build does not know";
  if (record.payload.size() != sizeof(core::CommandEnvelope) + size) {
    return "record is not as long as its kind says";
  }
  command.sequence = record.header.sequence;
  command.time_ns = record.header.timestamp_ns;
  command.kind = kind;
  command.envelope = read_as<core::CommandEnvelope>(record.payload);
  std::memcpy(body.bytes.data(), record.payload.data() + sizeof(core::CommandEnvelope), size);
  command.body = {body.bytes.data(), size};
  return nullptr;
}

}  // namespace saker::engine
