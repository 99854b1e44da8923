// Words for the journal's enumerations: for tools, logs and tests.
#include "journal/log_reader.hpp"
#include "journal/log_writer.hpp"

namespace saker::journal {

const char* to_string(IoStatus status) {
  switch (status) {
    case IoStatus::ok: return "ok";
    case IoStatus::no_space: return "no_space";
    case IoStatus::not_found: return "not_found";
    case IoStatus::io_error: return "io_error";
  }
  return "unknown";
}

const char* to_string(ReadKind kind) {
  switch (kind) {
    case ReadKind::record: return "record";
    case ReadKind::nothing_yet: return "nothing_yet";
    case ReadKind::end: return "end";
    case ReadKind::torn_tail: return "torn_tail";
    case ReadKind::corruption: return "corruption";
    case ReadKind::io_error: return "io_error";
  }
  return "unknown";
}

std::string place_of_error(const LogState& state) {
  return " near segment " + segment_name(state.next.segment) + ", offset " +
         std::to_string(state.next.offset);
}

const char* to_string(LogStep step) {
  switch (step) {
    case LogStep::idle: return "idle";
    case LogStep::write_segment_header: return "write_segment_header";
    case LogStep::sync_segment_header: return "sync_segment_header";
    case LogStep::write_batch: return "write_batch";
    case LogStep::sync_batch: return "sync_batch";
    case LogStep::write_mark: return "write_mark";
  }
  return "unknown";
}

namespace {

struct CheckText {
  Check check;
  bool may_be_torn;
  const char* name;
  const char* meaning;
};

constexpr CheckText kChecks[] = {
    {Check::none, false, "none", "nothing is wrong"},
    {Check::magic, true, "magic", "a batch should begin here, but its first bytes are others"},
    {Check::header_crc, true, "header_crc", "the batch header does not match its checksum"},
    {Check::payload_crc, true, "payload_crc", "the batch header's body fails its checksum"},
    {Check::records_hash, true, "records_hash", "the records of the batch do not match its hash"},
    {Check::padding, true, "padding", "the records are sound, the zeros after them are not zero"},
    {Check::not_zero, true, "not_zero", "there are bytes where the log has only zeros"},
    {Check::segment_header_crc, true, "segment_header_crc",
     "the segment's header does not match its checksum"},
    {Check::version, false, "version", "written by a later version of this program"},
    {Check::reserved, false, "reserved", "a field or padding that must be zero is not"},
    {Check::batch_type, false, "batch_type", "a record where a batch should begin, or the reverse"},
    {Check::length, false, "length", "a length that cannot be"},
    {Check::shard, false, "shard", "belongs to another shard"},
    {Check::log_id, false, "log_id", "belongs to another log"},
    {Check::block_bytes, false, "block_bytes", "block size differs from the segment's"},
    {Check::batch_bytes, false, "batch_bytes", "the batch's size is not what its records need"},
    {Check::link, false, "link", "does not follow the batch before it: another history"},
    {Check::sequence, false, "sequence", "the sequence number is not the next one"},
    {Check::epoch, false, "epoch", "the epoch is lower than before"},
    {Check::timestamp, false, "timestamp", "the timestamp is earlier than before"},
    {Check::durable_position, false, "durable_position",
     "claims more to be durable than was written before it"},
    {Check::record_count, false, "record_count", "the number of records is not what it says"},
    {Check::record_in_batch, false, "record_in_batch",
     "the batch's hash agrees, but a record inside fails its checksum: it was written wrong"},
    {Check::segment_order, false, "segment_order",
     "the segment does not go on where the one before it ends"},
    {Check::segment_fields, false, "segment_fields", "impossible values in the segment's header"},
    {Check::segment_missing, false, "segment_missing", "a segment file is missing"},
    {Check::segment_blank, false, "segment_blank",
     "the segment has no header although the log goes on after it"},
    {Check::segment_size, false, "segment_size", "the file is not as long as its header says"},
    {Check::begins_later, false, "begins_later",
     "the record asked for lies before the oldest segment here"},
    {Check::ends_before_mark, false, "ends_before_mark",
     "durable.mark says that records after this place were durable; they are gone"},
    {Check::mark_of_other_log, false, "mark_of_other_log",
     "durable.mark belongs to another log than the segments"},
};

const CheckText& text_of(Check check) {
  for (const CheckText& text : kChecks) {
    if (text.check == check) return text;
  }
  return kChecks[0];
}

}  // namespace

const char* to_string(Check check) { return text_of(check).name; }
const char* explain(Check check) { return text_of(check).meaning; }
bool may_be_torn(Check check) { return text_of(check).may_be_torn; }

}  // namespace saker::journal
