// The bytes of the event journal: what each command of the log did to money and which trades it
// made, explicit, so that settlement applies and never recomputes.
//
// The journal is a directory of files `events-<16 hex digits>.evt`. A file is a header of 64
// bytes, then batches, then nothing or zeros. A batch is a RecordHeader of the command log (type
// kEventBatchType), an EventBatchBody, and for each command that had legs or trades an
// EventEntry with its legs and trades behind it. A batch covers every command in
// [header.sequence, body.last_sequence]; a command of that range without an entry moved nothing.
// Batches follow each other without a gap, each was synced before the next was written, and all
// commands of one batch belong to one epoch (header.epoch).
#pragma once

#include "engine/core/output.hpp"
#include "journal/record.hpp"

namespace saker::follower {

inline constexpr std::uint32_t kEventFileMagic = 0x45534B53;  // "SKSE"
inline constexpr std::uint8_t kEventVersion = 1;
inline constexpr std::uint16_t kEventBatchType = 0xFFFD;

struct EventFileHeader {
  std::uint32_t magic = kEventFileMagic;
  std::uint8_t version = kEventVersion;
  std::uint8_t reserved0 = 0;
  std::uint16_t shard = 0;
  std::uint64_t index = 0;           // of this file
  std::uint64_t log_id = 0;          // of the command log
  Sequence after_sequence = 0;       // last command that earlier files cover
  std::uint64_t previous_link = 0;   // of the last batch of earlier files
  std::uint8_t reserved1[20] = {};
  std::uint32_t crc = 0;             // over the 60 bytes before it
};
static_assert(sizeof(EventFileHeader) == 64 && offsetof(EventFileHeader, crc) == 60);

struct EventBatchBody {
  std::uint64_t log_id = 0;
  Sequence last_sequence = 0;
  std::uint64_t previous_link = 0;  // link_of the batch before
  std::uint64_t chain_head = 0;     // event chain after last_sequence
  std::uint32_t entry_count = 0;
  std::uint32_t last_record_crc = 0;  // header_crc of record last_sequence in the log
};
static_assert(sizeof(EventBatchBody) == 40);

struct EventEntry {
  Sequence sequence = 0;
  TimeNs time_ns = 0;
  std::uint64_t chain_head = 0;  // after this command
  std::uint16_t kind = 0;        // proto::CommandKind
  std::uint16_t leg_count = 0;   // core::LedgerLeg each
  std::uint16_t trade_count = 0;  // TradeEvent each, after the legs
  std::uint16_t reserved = 0;
};
static_assert(sizeof(EventEntry) == 32);

/// A trade as both sides had it. Fees in quote minor units.
struct TradeEvent {
  std::uint64_t trade_id = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  std::uint64_t maker_order_id = 0;
  std::uint64_t taker_order_id = 0;
  Minor maker_fee = 0;
  Minor taker_fee = 0;
  std::uint32_t maker_account = 0;
  std::uint32_t taker_account = 0;
  std::uint32_t market = 0;
  std::uint8_t taker_side = 0;  // proto::Side
  std::uint8_t reserved[3] = {};
};
static_assert(sizeof(TradeEvent) == 72);

/// Most a single command can add to a batch.
inline constexpr std::size_t kMaxEventEntryBytes =
    sizeof(EventEntry) + core::kMaxLegs * sizeof(core::LedgerLeg) +
    core::kMaxFillsPerCommand * sizeof(TradeEvent);
static_assert(sizeof(EventBatchBody) + 2 * kMaxEventEntryBytes <= journal::kMaxPayloadBytes);

/// `events-<16 hex digits>.evt` and back; false for any other name.
std::string event_file_name(std::uint64_t index);
bool event_file_index(std::string_view name, std::uint64_t& index);

/// Header of a file that begins after `after_sequence`, sealed.
EventFileHeader make_event_file_header(std::uint64_t index, std::uint64_t log_id,
                                       std::uint16_t shard, Sequence after_sequence,
                                       std::uint64_t previous_link);
bool valid_event_file_header(const EventFileHeader& header, std::uint64_t index);

/// A whole batch in memory.
struct EventBatchView {
  journal::RecordHeader header;
  EventBatchBody body;
  Bytes entries;         // what follows the body
  std::size_t bytes = 0;  // on disk
  std::uint64_t link = 0;
};
/// What is wrong with the batch at the start of `bytes`, or nullptr and `view` filled in. Looks
/// at the batch alone; whether it follows its predecessor is the caller's question.
const char* check_event_batch(Bytes bytes, EventBatchView& view);

/// One command's events, pointing into the batch.
struct CommandEvents {
  EventEntry entry;
  std::span<const core::LedgerLeg> legs;
  std::span<const TradeEvent> trades;
};
/// Takes the first entry off `entries` (of a checked batch). False when there is none.
bool next_command_events(Bytes& entries, CommandEvents& events);

/// Collects entries and makes batches of them.
class EventBatchBuilder {
 public:
  EventBatchBuilder();
  /// Adds a command; must follow the last one. False when the batch has to be finished first
  /// (full, or the command begins another epoch).
  bool add(const journal::RecordHeader& record, const core::Output& out);
  /// No command since the last finish().
  bool empty() const { return first_sequence_ == 0; }
  std::uint32_t entry_count() const { return body_.entry_count; }
  Sequence first_sequence() const { return first_sequence_; }
  Sequence last_sequence() const { return body_.last_sequence; }
  /// The batch as it goes to disk; `link` becomes its link. Valid until the next add().
  Bytes finish(std::uint64_t log_id, std::uint64_t& link);
  void clear();

 private:
  void append(Bytes bytes);

  std::vector<std::byte> buffer_;
  std::size_t used_ = 0;
  EventBatchBody body_;
  Sequence first_sequence_ = 0;
  journal::RecordHeader last_record_;
};

}  // namespace saker::follower
