#include "engine/follower/event_format.hpp"

#include <cstdio>

#include "common/crc32c.hpp"

namespace saker::follower {
namespace {

constexpr std::size_t kFront = sizeof(journal::RecordHeader) + sizeof(EventBatchBody);

std::uint32_t header_crc_of(const journal::RecordHeader& header) {
  return crc32c(bytes_of(header).first(offsetof(journal::RecordHeader, header_crc)));
}

/// Do the entries fill `entries` exactly, in rising order within [first, last]?
bool entries_fit(Bytes entries, std::uint32_t count, Sequence first, Sequence last) {
  Sequence lowest = first;
  for (; count > 0; --count) {
    CommandEvents events;
    if (!next_command_events(entries, events)) return false;
    if (events.entry.sequence < lowest || events.entry.sequence > last) return false;
    lowest = events.entry.sequence + 1;
  }
  return entries.empty();
}

TradeEvent trade_of(const proto::Report& maker, const proto::Report& taker) {
  TradeEvent trade;
  trade.trade_id = taker.trade_id();
  trade.price_ticks = taker.price_ticks();
  trade.quantity_lots = taker.quantity_lots();
  trade.maker_order_id = maker.order_id();
  trade.taker_order_id = taker.order_id();
  trade.maker_client_order_id = maker.client_order_id();
  trade.taker_client_order_id = taker.client_order_id();
  trade.maker_leaves_lots = maker.leaves_lots();
  trade.taker_leaves_lots = taker.leaves_lots();
  trade.maker_cumulative_lots = maker.cumulative_lots();
  trade.taker_cumulative_lots = taker.cumulative_lots();
  trade.maker_fee = maker.amount_minor();
  trade.taker_fee = taker.amount_minor();
  trade.maker_account = maker.account();
  trade.taker_account = taker.account();
  trade.market = taker.market();
  trade.taker_side = raw(taker.side());
  return trade;
}

/// Does the report change an order? Only what the account's drop copy has counts: each change is
/// there once, and what a stranger tried with somebody's account is not.
bool is_order_event(const proto::Report& report) {
  if (report.account_sequence() == 0) return false;
  switch (report.kind()) {
    case proto::ReportKind::OrderAccepted:
    case proto::ReportKind::OrderRejected:
    case proto::ReportKind::OrderCancelled:
    case proto::ReportKind::OrderReplaced: return true;
    default: return false;
  }
}

OrderEvent order_of(const core::Command& command, const proto::Report& report) {
  OrderEvent order;
  order.order_id = report.order_id();
  order.client_order_id = report.client_order_id();
  order.price_ticks = report.price_ticks();
  order.quantity_lots = report.quantity_lots();
  order.leaves_lots = report.leaves_lots();
  order.cumulative_lots = report.cumulative_lots();
  order.account = report.account();
  order.market = report.market();
  order.session = command.envelope.session;
  order.reason = raw(report.reason());
  order.kind = raw(report.kind());
  order.side = raw(report.side());
  const bool entered = report.kind() == proto::ReportKind::OrderAccepted ||
                       report.kind() == proto::ReportKind::OrderRejected;
  if (!entered || command.kind != proto::CommandKind::NewOrder) return order;
  const auto& asked = command.as<proto::NewOrder>();
  order.quote_budget = asked.quote_budget();
  order.type = raw(asked.type());
  order.time_in_force = raw(asked.time_in_force());
  return order;
}

}  // namespace

std::string event_file_name(std::uint64_t index) {
  char name[40];
  std::snprintf(name, sizeof(name), "events-%016llx.evt", static_cast<unsigned long long>(index));
  return name;
}

bool event_file_index(std::string_view name, std::uint64_t& index) {
  if (name.size() != 27 || name.substr(0, 7) != "events-") return false;
  if (name.substr(23) != ".evt") return false;
  index = 0;
  for (const char c : name.substr(7, 16)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return false;
    index = index << 4 | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return true;
}

EventFileHeader make_event_file_header(std::uint64_t index, std::uint64_t log_id,
                                       std::uint16_t shard, Sequence after_sequence,
                                       std::uint64_t previous_link) {
  EventFileHeader header;
  header.shard = shard;
  header.index = index;
  header.log_id = log_id;
  header.after_sequence = after_sequence;
  header.previous_link = previous_link;
  header.crc = crc32c(bytes_of(header).first(offsetof(EventFileHeader, crc)));
  return header;
}

bool sealed_event_file_header(const EventFileHeader& header) {
  return header.magic == kEventFileMagic &&
         header.crc == crc32c(bytes_of(header).first(offsetof(EventFileHeader, crc)));
}

bool valid_event_file_header(const EventFileHeader& header, std::uint64_t index) {
  return sealed_event_file_header(header) && header.version == kEventVersion &&
         header.index == index;
}

const char* check_event_batch(Bytes bytes, EventBatchView& view) {
  if (bytes.size() < kFront) return "it is cut short";
  view.header = read_as<journal::RecordHeader>(bytes);
  const journal::RecordHeader& header = view.header;
  if (header.magic != journal::kRecordMagic) return "it has no record magic";
  if (header.header_crc != header_crc_of(header)) return "its header checksum is wrong";
  if (header.version != journal::kFormatVersion || header.type != kEventBatchType) {
    return "it is not an event batch of a known version";
  }
  if (header.length < sizeof(EventBatchBody) || header.length > journal::kMaxPayloadBytes) {
    return "its length is impossible";
  }
  view.bytes = journal::record_bytes(header.length);
  if (bytes.size() < view.bytes) return "it is cut short";
  const Bytes payload = bytes.subspan(sizeof(journal::RecordHeader), header.length);
  if (header.payload_crc != crc32c(payload)) return "its payload checksum is wrong";
  view.body = read_as<EventBatchBody>(payload);
  view.entries = payload.subspan(sizeof(EventBatchBody));
  view.link = chain_hash(view.body.previous_link, bytes.first(view.bytes));
  if (header.sequence == 0 || view.body.last_sequence < header.sequence) {
    return "its range of commands is impossible";
  }
  if (!entries_fit(view.entries, view.body.entry_count, header.sequence, view.body.last_sequence)) {
    return "its entries do not fit its range";
  }
  return nullptr;
}

bool next_command_events(Bytes& entries, CommandEvents& events) {
  if (entries.size() < sizeof(EventEntry)) return false;
  events.entry = read_as<EventEntry>(entries);
  const std::size_t leg_bytes = events.entry.leg_count * sizeof(core::LedgerLeg);
  const std::size_t trade_bytes = events.entry.trade_count * sizeof(TradeEvent);
  const std::size_t order_bytes = events.entry.order_count * sizeof(OrderEvent);
  const std::size_t all_bytes = leg_bytes + trade_bytes + order_bytes;
  if (entries.size() - sizeof(EventEntry) < all_bytes) return false;
  // Every piece is a multiple of 8 bytes, and so is the front of a batch: all stay aligned.
  const std::byte* at = entries.data() + sizeof(EventEntry);
  events.legs = {reinterpret_cast<const core::LedgerLeg*>(at), events.entry.leg_count};
  events.trades = {reinterpret_cast<const TradeEvent*>(at + leg_bytes), events.entry.trade_count};
  at += leg_bytes + trade_bytes;
  events.orders = {reinterpret_cast<const OrderEvent*>(at), events.entry.order_count};
  entries = entries.subspan(sizeof(EventEntry) + all_bytes);
  return true;
}

EventBatchBuilder::EventBatchBuilder()
    : buffer_(journal::record_bytes(journal::kMaxPayloadBytes)) {
  clear();
}

void EventBatchBuilder::clear() {
  used_ = kFront;
  body_ = {};
  first_sequence_ = 0;
}

void EventBatchBuilder::append(Bytes bytes) {
  SAKER_ASSERT(buffer_.size() - used_ >= bytes.size());
  if (!bytes.empty()) std::memcpy(&buffer_[used_], bytes.data(), bytes.size());
  used_ += bytes.size();
}

bool EventBatchBuilder::add(const journal::RecordHeader& record, const core::Command& command,
                            const core::Output& out) {
  const std::size_t limit = sizeof(journal::RecordHeader) + journal::kMaxPayloadBytes;
  if (!empty()) {
    SAKER_ASSERT(record.sequence == body_.last_sequence + 1);
    if (record.epoch != last_record_.epoch || limit - used_ < kMaxEventEntryBytes) return false;
  }
  if (empty()) first_sequence_ = record.sequence;
  body_.last_sequence = record.sequence;
  body_.chain_head = out.chain_head;
  body_.last_record_crc = record.header_crc;
  last_record_ = record;
  append_entry(record, command, out);
  return true;
}

void EventBatchBuilder::append_entry(const journal::RecordHeader& record,
                                     const core::Command& command, const core::Output& out) {
  EventEntry entry;
  entry.sequence = record.sequence;
  entry.time_ns = record.timestamp_ns;
  entry.chain_head = out.chain_head;
  entry.kind = record.type;
  entry.leg_count = static_cast<std::uint16_t>(out.legs.size());
  const std::size_t at = used_;
  used_ += sizeof(entry);
  append(std::as_bytes(out.legs.view()));
  // Fills come in pairs, the maker's report first.
  const proto::Report* maker = nullptr;
  for (const proto::Report& report : out.reports.view()) {
    if (report.kind() != proto::ReportKind::OrderFilled) continue;
    if (report.liquidity() == proto::Liquidity::Maker) {
      maker = &report;
      continue;
    }
    SAKER_ASSERT(maker != nullptr && maker->trade_id() == report.trade_id());
    append(bytes_of(trade_of(*maker, report)));
    ++entry.trade_count;
    maker = nullptr;
  }
  for (const proto::Report& report : out.reports.view()) {
    if (!is_order_event(report)) continue;
    append(bytes_of(order_of(command, report)));
    ++entry.order_count;
  }
  if (used_ == at + sizeof(entry)) {
    used_ = at;
    return;
  }
  std::memcpy(&buffer_[at], &entry, sizeof(entry));
  ++body_.entry_count;
}

Bytes EventBatchBuilder::finish(std::uint64_t log_id, std::uint64_t& link) {
  SAKER_ASSERT(!empty());
  body_.log_id = log_id;
  body_.previous_link = link;
  std::memcpy(&buffer_[sizeof(journal::RecordHeader)], &body_, sizeof(body_));
  journal::RecordHeader header;
  header.type = kEventBatchType;
  header.length = static_cast<std::uint32_t>(used_ - sizeof(header));
  header.shard = last_record_.shard;
  header.rule_version = last_record_.rule_version;
  header.epoch = last_record_.epoch;
  header.sequence = first_sequence_;
  header.timestamp_ns = last_record_.timestamp_ns;
  header.payload_crc = crc32c({&buffer_[sizeof(header)], header.length});
  header.header_crc = header_crc_of(header);
  std::memcpy(buffer_.data(), &header, sizeof(header));
  const Bytes batch{buffer_.data(), journal::record_bytes(header.length)};
  SAKER_ASSERT(batch.size() == used_);
  link = chain_hash(link, batch);
  return batch;
}

}  // namespace saker::follower
