#include "common/plants.hpp"
#include "journal/format.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace saker::journal {

namespace {

template <class T>
std::uint32_t crc_before_last_word(const T& value) {
  return crc32c(bytes_of(value).first(sizeof(T) - sizeof(std::uint32_t)));
}

/// What every record, batch headers included, must satisfy before its type is looked at.
Check check_record_header(const RecordHeader& header) {
  if (header.magic != kRecordMagic) return Check::magic;
  if (header.header_crc != crc_before_last_word(header)) return Check::header_crc;
  if (header.version != kFormatVersion) return Check::version;
  if (header.reserved0 != 0 || header.reserved1 != 0) return Check::reserved;
  if (header.length > kMaxPayloadBytes) return Check::length;
  return Check::none;
}

/// One record of a batch at the start of `bytes`; on success `size` is what it takes.
Check check_record(Bytes bytes, LogState& state, std::size_t& size) {
  if (bytes.size() < sizeof(RecordHeader)) return Check::record_in_batch;
  const auto header = read_as<RecordHeader>(bytes);
  if (const Check check = check_record_header(header); check != Check::none) {
    return check == Check::magic || check == Check::header_crc ? Check::record_in_batch : check;
  }
  if (header.type == kBatchType) return Check::batch_type;
  if (header.durable_sequence != 0) return Check::reserved;
  if (header.shard != state.shard) return Check::shard;
  size = record_bytes(header.length);
  if (size > bytes.size()) return Check::length;
  const Bytes payload = bytes.subspan(sizeof(header), header.length);
  if (header.payload_crc != crc32c(payload)) return Check::record_in_batch;
  if (!all_zero(bytes.first(size).subspan(sizeof(header) + header.length))) return Check::reserved;
  if (header.sequence != state.last_sequence + 1) return Check::sequence;
  if (header.epoch < state.epoch) return Check::epoch;
  if (header.timestamp_ns < state.timestamp_ns) return Check::timestamp;
  state.last_sequence = header.sequence;
  state.epoch = header.epoch;
  state.timestamp_ns = header.timestamp_ns;
  return Check::none;
}

}  // namespace

const char* LogConfig::problem() const {
  if (log_id == 0) return "log_id must not be 0";
  if (first_sequence == 0) return "first_sequence must not be 0";
  if (!valid_block_bytes(block_bytes)) return "block_bytes must be a power of two, 512 to 65536";
  if (max_payload_bytes > kMaxPayloadBytes) return "max_payload_bytes is over 65536";
  if (segment_bytes % block_bytes != 0 || segment_bytes > kMaxSegmentBytes) {
    return "segment_bytes must be whole blocks and at most 4 GiB";
  }
  if (max_batch_bytes % block_bytes != 0 || max_batch_bytes > kMaxBatchBytes ||
      max_batch_bytes < worst_case_bytes(max_payload_bytes, block_bytes)) {
    return "max_batch_bytes must be whole blocks, hold the longest record, be at most 1 MiB";
  }
  if (segment_bytes < block_bytes + reserve_bytes +
                          2 * worst_case_bytes(max_payload_bytes, block_bytes)) {
    return "segment_bytes must hold reserve_bytes and two of the longest records";
  }
  if ((ring_bytes & (ring_bytes - 1)) != 0 || ring_bytes < 4 * record_bytes(max_payload_bytes)) {
    return "ring_bytes must be a power of two and hold four of the longest records";
  }
  if (zero_chunk_bytes == 0) return "zero_chunk_bytes must not be 0";
  return nullptr;
}

bool all_zero(Bytes bytes) { return first_nonzero(bytes) == bytes.size(); }

std::size_t first_nonzero(Bytes bytes) {
  std::size_t at = 0;
  for (; at + 64 <= bytes.size(); at += 64) {
    std::uint64_t words[8];
    std::memcpy(words, bytes.data() + at, 64);
    if ((words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7]) !=
        0) {
      break;
    }
  }
  while (at < bytes.size() && bytes[at] == std::byte{0}) ++at;
  return at;
}

void seal(RecordHeader& header, Bytes payload) {
  header.payload_crc = crc32c(payload);
  header.header_crc = crc_before_last_word(header);
}
void seal(SegmentHeader& header) { header.crc = crc_before_last_word(header); }
void seal(DurableMark& mark) { mark.crc = crc_before_last_word(mark); }

// --- Segments --------------------------------------------------------------------------------

std::string segment_name(std::uint64_t index) {
  char name[32];
  std::snprintf(name, sizeof(name), "log-%016llx.seg", static_cast<unsigned long long>(index));
  return name;
}

bool segment_index(std::string_view name, std::uint64_t& index) {
  if (name.size() != 24 || name.substr(0, 4) != "log-" || name.substr(20) != ".seg") return false;
  return parse_hex16(name.substr(4, 16), index);
}

bool parse_hex16(std::string_view text, std::uint64_t& number) {
  if (text.size() != 16) return false;
  number = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return false;
    number = number << 4 | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return true;
}

SegmentHeader make_segment_header(const LogState& state, std::uint64_t index,
                                  std::uint64_t segment_bytes, std::uint32_t block_bytes) {
  SegmentHeader header;
  header.shard = state.shard;
  header.index = index;
  header.log_id = state.log_id;
  header.first_sequence = state.last_sequence + 1;
  header.segment_bytes = segment_bytes;
  header.previous_link = state.link;
  header.block_bytes = block_bytes;
  header.epoch = state.epoch;
  header.timestamp_ns = state.timestamp_ns;
  seal(header);
  return header;
}

Check check_segment_header(Bytes block, std::uint64_t index, SegmentHeader& header) {
  if (block.size() < sizeof(header)) return Check::segment_header_crc;
  header = read_as<SegmentHeader>(block);
  if (header.magic != kSegmentMagic || header.crc != crc_before_last_word(header)) {
    return Check::segment_header_crc;
  }
  if (header.version != kFormatVersion) return Check::version;
  if (header.reserved0 != 0 || !all_zero(std::as_bytes(std::span(header.reserved1)))) {
    return Check::reserved;
  }
  const bool sound = header.index == index && header.log_id != 0 && header.first_sequence != 0 &&
                     valid_block_bytes(header.block_bytes) &&
                     header.segment_bytes % header.block_bytes == 0 &&
                     header.segment_bytes >= 2 * header.block_bytes &&
                     header.segment_bytes <= kMaxSegmentBytes;
  return sound ? Check::none : Check::segment_fields;
}

Check enter_segment(const SegmentHeader& header, LogState& state) {
  if (header.shard != state.shard) return Check::shard;
  if (header.log_id != state.log_id) return Check::log_id;
  if (header.first_sequence != state.last_sequence + 1) return Check::segment_order;
  if (header.previous_link != state.link) return Check::link;
  if (header.epoch != state.epoch || header.timestamp_ns != state.timestamp_ns) {
    return Check::segment_order;
  }
  state = state_at(header);
  return Check::none;
}

LogState state_at(const SegmentHeader& header) {
  LogState state;
  state.log_id = header.log_id;
  state.next = {header.index, header.block_bytes};
  state.last_sequence = header.first_sequence - 1;
  state.timestamp_ns = header.timestamp_ns;
  state.link = header.previous_link;
  state.segment_bytes = header.segment_bytes;
  state.block_bytes = header.block_bytes;
  state.epoch = header.epoch;
  state.shard = header.shard;
  return state;
}

// --- Batches ---------------------------------------------------------------------------------

Check check_batch_header(Bytes bytes, BatchHeader& header) {
  if (bytes.size() < sizeof(header)) return Check::magic;
  header = read_as<BatchHeader>(bytes);
  const Check check = check_record_header(header.head);
  if (check != Check::none) return check;
  if (header.head.type != kBatchType) return Check::batch_type;
  if (header.head.length != sizeof(BatchBody)) return Check::length;
  if (header.head.payload_crc != crc32c(bytes_of(header.body))) return Check::payload_crc;
  if (header.head.flags != 0 || header.head.rule_version != 0) return Check::reserved;
  return Check::none;
}

Check check_batch_follows(const BatchHeader& header, const LogState& state) {
  const BatchBody& body = header.body;
  if (header.head.shard != state.shard) return Check::shard;
  if (body.log_id != state.log_id) return Check::log_id;
  if (body.block_bytes != state.block_bytes) return Check::block_bytes;
  if (body.previous_link != state.link) return Check::link;
  if (header.head.sequence != state.last_sequence + 1) return Check::sequence;
  if (header.head.epoch < state.epoch) return Check::epoch;
  if (header.head.timestamp_ns < state.timestamp_ns) return Check::timestamp;
  if (state.next < body.durable || header.head.durable_sequence > state.last_sequence) {
    return Check::durable_position;
  }
  const std::uint64_t used = sizeof(BatchHeader) + std::uint64_t{body.record_bytes};
  if (body.batch_bytes != whole_blocks(used, body.block_bytes) ||
      body.batch_bytes > kMaxBatchBytes ||
      body.batch_bytes > state.segment_bytes - state.next.offset) {
    return Check::batch_bytes;
  }
  const std::uint64_t most = body.record_bytes / sizeof(RecordHeader);
  return body.record_count == 0 || body.record_count > most ? Check::record_count : Check::none;
}

Check check_batch_records(Bytes bytes, const BatchHeader& header, LogState& state) {
  const Bytes records = bytes.subspan(sizeof(BatchHeader), header.body.record_bytes);
  const bool checked = !SAKER_PLANT(records_unchecked);
  if (checked && hash128(records) != header.body.records_hash) return Check::records_hash;
  LogState after = state;
  std::size_t used = 0;
  std::uint32_t count = 0;
  while (used < records.size()) {
    std::size_t size = 0;
    const Check check = check_record(records.subspan(used), after, size);
    if (check != Check::none) return check;
    if (count == 0 && (after.epoch != header.head.epoch ||
                       after.timestamp_ns != header.head.timestamp_ns)) {
      return Check::record_in_batch;
    }
    used += size;
    ++count;
  }
  if (count != header.body.record_count) return Check::record_count;
  after.next.offset += header.body.batch_bytes;
  after.link = link_of(header);
  state = after;
  return all_zero(bytes.subspan(sizeof(BatchHeader) + used)) ? Check::none : Check::padding;
}

std::uint64_t link_of(const BatchHeader& header) { return chain_hash(0, bytes_of(header)); }

Check check_mark(Bytes bytes, DurableMark& mark) {
  if (bytes.size() < sizeof(mark)) return Check::magic;
  mark = read_as<DurableMark>(bytes);
  if (mark.magic != kMarkMagic) return Check::magic;
  if (mark.crc != crc_before_last_word(mark)) return Check::header_crc;
  return mark.version == kFormatVersion ? Check::none : Check::version;
}

// --- Building --------------------------------------------------------------------------------

BatchBuilder::BatchBuilder(std::size_t limit) : buffer_(limit) {
  SAKER_ASSERT(limit <= kMaxBatchBytes);
}

void BatchBuilder::begin(const LogState& state, std::size_t room) {
  state_ = state;
  room_ = std::min(room, buffer_.size());
  used_ = sizeof(BatchHeader);
  count_ = 0;
}

bool BatchBuilder::add(std::span<const std::byte> record) {
  if (whole_blocks(used_ + record.size(), state_.block_bytes) > room_) return false;
  std::byte* to = buffer_.data() + used_;
  std::memcpy(to, record.data(), record.size());
  auto header = read_as<RecordHeader>(record);
  seal(header, Bytes(to + sizeof(header), header.length));
  std::memcpy(to, &header, sizeof(header));
  if (count_ == 0) first_ = header;
  SAKER_ASSERT(header.sequence == state_.last_sequence + 1);
  state_.last_sequence = header.sequence;
  state_.timestamp_ns = header.timestamp_ns;
  state_.epoch = header.epoch;
  used_ += record.size();
  ++count_;
  return true;
}

Bytes BatchBuilder::finish(LogState& state, Position durable, Sequence durable_sequence) {
  SAKER_ASSERT(count_ > 0);
  const std::size_t size = whole_blocks(used_, state_.block_bytes);
  std::memset(buffer_.data() + used_, 0, size - used_);
  BatchHeader header;
  header.body.log_id = state.log_id;
  header.body.durable = durable;
  header.body.batch_bytes = static_cast<std::uint32_t>(size);
  header.body.record_count = count_;
  header.body.record_bytes = static_cast<std::uint32_t>(used_ - sizeof(BatchHeader));
  header.body.block_bytes = state.block_bytes;
  header.body.previous_link = state.link;
  header.body.records_hash =
      hash128({buffer_.data() + sizeof(BatchHeader), header.body.record_bytes});
  header.head.type = kBatchType;
  header.head.length = sizeof(BatchBody);
  header.head.shard = state.shard;
  header.head.epoch = first_.epoch;
  header.head.sequence = first_.sequence;
  header.head.timestamp_ns = first_.timestamp_ns;
  header.head.durable_sequence = durable_sequence;
  seal(header.head, bytes_of(header.body));
  std::memcpy(buffer_.data(), &header, sizeof(header));
  state_.next.offset += size;
  state_.link = link_of(header);
  state = state_;
  return {buffer_.data(), size};
}

}  // namespace saker::journal
