// What the journal's tests share: a small log in memory and how to write and read it.
#pragma once

#include <string>

#include "journal/log_writer.hpp"
#include "journal/memory_storage.hpp"
#include "journal/recovery.hpp"

namespace saker::journal {

// Compiled once, in test_log.cpp: every test uses them.
extern template class SegmentAllocator<MemoryStorage>;
extern template class LogWriter<MemoryStorage>;
extern template class LogReader<MemoryStorage>;
extern template Recovery recover(MemoryStorage& storage, Sequence from);

/// Segments of 8 KiB, so that a few dozen records fill one.
inline LogConfig small_config() {
  LogConfig config;
  config.shard = 7;
  config.log_id = 0x1122334455667788;
  config.segment_bytes = 8192;
  config.ring_bytes = 16384;
  config.max_batch_bytes = 4096;
  config.max_payload_bytes = 500;
  config.reserve_bytes = 2048;
  config.keep_free_bytes = 0;
  config.zero_chunk_bytes = 3000;
  return config;
}

/// Payload of record `sequence`: length and bytes depend on the number alone.
inline std::string payload_of(Sequence sequence) {
  std::string text = "command " + std::to_string(sequence) + ':';
  text.append(sequence * 37 % 101, static_cast<char>('a' + sequence % 26));
  return text;
}
inline Bytes as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline RecordFields fields_of(Sequence sequence) {
  RecordFields fields;
  fields.type = static_cast<std::uint16_t>(sequence % 5 + 1);
  fields.flags = sequence % 2;
  fields.rule_version = 3;
  fields.epoch = sequence < 20 ? 1 : 2;
  fields.sequence = sequence;
  fields.timestamp_ns = 1'700'000'000'000'000'000 + sequence * 1000;
  return fields;
}

/// An engine's journal side: allocator and writer on one storage, stepped by hand.
template <Storage S>
struct TestLog {
  TestLog(S& storage, const LogConfig& config, const LogState& end)
      : allocator(storage, config, end.next_segment()),
        writer(storage, allocator, config, end),
        next_sequence((end.exists() ? end.last_sequence : config.first_sequence - 1) + 1) {}

  /// Appends one record; its payload goes in as two pieces.
  void append_one() {
    const std::string payload = payload_of(next_sequence);
    const Bytes bytes = as_bytes(payload);
    const std::size_t cut = payload.size() / 3;
    SAKER_ASSERT(writer.can_append(payload.size()));
    writer.append(fields_of(next_sequence++), bytes.first(cut), bytes.subspan(cut));
  }
  void append(int count) {
    for (int i = 0; i < count; ++i) append_one();
  }
  /// Runs allocator and writer until neither has anything left to do.
  void settle() {
    while (int{allocator.poll(now_ns)} | int{writer.poll(now_ns)}) now_ns += 1000;
  }
  /// One batch for each of `sizes`.
  void write_batches(std::initializer_list<int> sizes) {
    for (const int size : sizes) {
      append(size);
      settle();
    }
  }

  TimeNs now_ns = 1;
  SegmentAllocator<S> allocator;
  LogWriter<S> writer;
  Sequence next_sequence;
};

/// Reads on until something other than a good record comes. Checks every record against
/// fields_of and payload_of; `last` is the last sequence read.
template <Storage S>
ReadKind read_all(LogReader<S>& reader, Sequence& last) {
  for (;;) {
    const ReadKind kind = reader.next();
    if (kind != ReadKind::record) return kind;
    const RecordHeader& header = reader.record().header;
    const std::string expected = payload_of(header.sequence);
    const RecordFields fields = fields_of(header.sequence);
    SAKER_ASSERT(last == 0 || header.sequence == last + 1);
    SAKER_ASSERT(header.type == fields.type && header.flags == fields.flags);
    SAKER_ASSERT(header.timestamp_ns == fields.timestamp_ns && header.epoch == fields.epoch);
    SAKER_ASSERT(reader.record().payload.size() == expected.size());
    SAKER_ASSERT(std::memcmp(reader.record().payload.data(), expected.data(),
                             expected.size()) == 0);
    last = header.sequence;
  }
}

}  // namespace saker::journal
