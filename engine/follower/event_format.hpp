// The bytes of the event journal: what each command of the log did to money, which trades it made
// and what became of orders, explicit, so that settlement applies and never recomputes.
//
// The journal is a directory of files `events-<16 hex digits>.evt`. A file is a header of 64
// bytes, then batches, then nothing or zeros. A batch is a RecordHeader of the command log (type
// kEventBatchType), an EventBatchBody, and for each command that had legs, trades or order events
// an EventEntry with these behind it. A batch covers every command in [header.sequence,
// body.last_sequence]; a command of that range without an entry did none of that.
// Batches follow each other without a gap, and all commands of one batch belong to one epoch
// (header.epoch). The last ones may not be on the disk yet: see event_reader.hpp.
//
// Version 1 had no order events. A journal of that version is made anew from the log.
#pragma once

#include "engine/core/command.hpp"
#include "engine/core/output.hpp"
#include "journal/record.hpp"

namespace saker::follower {

inline constexpr std::uint32_t kEventFileMagic = 0x45534B53;  // "SKSE"
inline constexpr std::uint8_t kEventVersion = 2;
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
  std::uint16_t order_count = 0;  // OrderEvent each, after the trades
};
static_assert(sizeof(EventEntry) == 32);

/// A trade as both sides had it. Fees in quote minor units. Leaves and cumulative lots are those
/// of the orders after this trade.
struct TradeEvent {
  std::uint64_t trade_id = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  std::uint64_t maker_order_id = 0;
  std::uint64_t taker_order_id = 0;
  std::uint64_t maker_client_order_id = 0;
  std::uint64_t taker_client_order_id = 0;
  std::int64_t maker_leaves_lots = 0;
  std::int64_t taker_leaves_lots = 0;
  std::int64_t maker_cumulative_lots = 0;
  std::int64_t taker_cumulative_lots = 0;
  Minor maker_fee = 0;
  Minor taker_fee = 0;
  std::uint32_t maker_account = 0;
  std::uint32_t taker_account = 0;
  std::uint32_t market = 0;
  std::uint8_t taker_side = 0;  // proto::Side
  std::uint8_t reserved[3] = {};
};
static_assert(sizeof(TradeEvent) == 120);

/// What happened to an order but for its fills. The order of events of one command: an order is
/// accepted or replaced, then trades (TradeEvents), then may be cancelled. A rejected order's
/// fields are what was asked for, whatever that was.
struct OrderEvent {
  std::uint64_t order_id = 0;         // 0: rejected; but a duplicate names the earlier order
  std::uint64_t client_order_id = 0;  // replaced: the new one
  std::int64_t price_ticks = 0;       // rejected: as asked for; a market order's: its worst price
  std::int64_t quantity_lots = 0;     // total; an accepted market buy by budget: the most it can be
  std::int64_t leaves_lots = 0;       // still open; cancelled: 0
  std::int64_t cumulative_lots = 0;   // traded so far
  Minor quote_budget = 0;             // accepted, rejected: as asked for
  std::uint32_t account = 0;
  std::uint32_t market = 0;
  std::uint32_t session = 0;          // of the command that did it; 0: the venue
  std::uint16_t reason = 0;           // proto::Reason
  std::uint8_t kind = 0;              // ReportKind: OrderAccepted, Rejected, Cancelled, Replaced
  std::uint8_t side = 0;              // proto::Side
  std::uint8_t type = 0;              // accepted, rejected: proto::OrderType
  std::uint8_t time_in_force = 0;     // accepted, rejected: proto::TimeInForce
  std::uint8_t reserved[6] = {};
};
static_assert(sizeof(OrderEvent) == 80);

/// Most a single command can add to a batch.
inline constexpr std::size_t kMaxEventEntryBytes =
    sizeof(EventEntry) + core::kMaxLegs * sizeof(core::LedgerLeg) +
    core::kMaxFillsPerCommand * sizeof(TradeEvent) + core::kMaxReports * sizeof(OrderEvent);
static_assert(sizeof(EventBatchBody) + 2 * kMaxEventEntryBytes <= journal::kMaxPayloadBytes);

/// `events-<16 hex digits>.evt` and back; false for any other name.
std::string event_file_name(std::uint64_t index);
bool event_file_index(std::string_view name, std::uint64_t& index);

/// Header of a file that begins after `after_sequence`, sealed.
EventFileHeader make_event_file_header(std::uint64_t index, std::uint64_t log_id,
                                       std::uint16_t shard, Sequence after_sequence,
                                       std::uint64_t previous_link);
/// Is it the header of an event file of any version?
bool sealed_event_file_header(const EventFileHeader& header);
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
  std::span<const OrderEvent> orders;
};
/// Takes the first entry off `entries` (of a checked batch). False when there is none.
bool next_command_events(Bytes& entries, CommandEvents& events);

/// Collects entries and makes batches of them.
class EventBatchBuilder {
 public:
  EventBatchBuilder();
  /// Adds a command; must follow the last one. False when the batch has to be finished first
  /// (full, or the command begins another epoch).
  bool add(const journal::RecordHeader& record, const core::Command& command,
           const core::Output& out);
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
  void append_entry(const journal::RecordHeader& record, const core::Command& command,
                    const core::Output& out);

  std::vector<std::byte> buffer_;
  std::size_t used_ = 0;
  EventBatchBody body_;
  Sequence first_sequence_ = 0;
  journal::RecordHeader last_record_;
};

}  // namespace saker::follower
