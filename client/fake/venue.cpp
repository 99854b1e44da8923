#include "client/fake/venue.hpp"

#include <algorithm>

namespace saker::client::fake {

using proto::FeedKind;
using proto::PacketKind;
using proto::QueryKind;
using proto::QueryStatus;
using proto::Reason;
using proto::ReportKind;

namespace {

constexpr std::uint64_t kHeartbeatNs = 50'000'000;
constexpr std::uint32_t kMarket = 1;

proto::Key cookie_secret() {
  proto::Key key;
  key.bytes.fill(0x5A);
  return key;
}

}  // namespace

proto::MarketDefinition Venue::definition() {
  proto::MarketDefinition d;
  d.mutate_market(kMarket);
  d.mutate_version(1);
  d.mutate_tick_size(1);
  d.mutate_lot_size(100);
  d.mutate_tick_value(2);
  d.mutate_min_quantity_lots(1);
  d.mutate_max_quantity_lots(1'000'000);
  d.mutate_max_price_ticks(1'000'000);
  d.mutate_base_asset(2);
  d.mutate_quote_asset(1);
  d.mutate_price_decimals(2);
  d.mutate_phase(proto::MarketPhase::Open);
  return d;
}

Venue::Venue(Network& network, const proto::Secret& secret)
    : network_(network),
      engine_(network, kEngine),
      follower_port_(network, kFollower),
      secret_(secret),
      logon_keys_(proto::derive_logon_keys(secret)),
      engine_logon_(std::make_unique<proto::HandshakeServer>(cookie_secret(), 16)),
      follower_logon_(std::make_unique<proto::HandshakeServer>(cookie_secret(), 16)) {
  const proto::MarketDefinition d = definition();
  publish(FeedKind::MarketDefined, {}, 0, &d);
  feed_released_ = feed_.size();
}

void Venue::restart_engine(std::size_t lost_tail) {
  session_.bound = false;
  engine_logon_ = std::make_unique<proto::HandshakeServer>(cookie_secret(), 16);
  line_[0] = line_[1] = {};
  if (lost_tail == 0) return;
  ++epoch;
  for (; lost_tail > 0 && !history_.empty(); --lost_tail) {
    const Applied& last = seen_.at(history_.back());
    times_applied.erase(last.client_sequence);
    reports.resize(last.reports_before);
    feed_.resize(last.feed_before);
    orders = last.orders_before;
    seen_.erase(history_.back());
    history_.pop_back();
    --sequence_;
  }
  reports_released_ = std::min(reports_released_, reports.size());
  feed_released_ = std::min(feed_released_, feed_.size());
  follower_.bound = false;
}

void Venue::poll() {
  for (net::Datagram& datagram : engine_.receive()) {
    if (!down) on_engine(datagram);
  }
  for (net::Datagram& datagram : follower_port_.receive()) {
    if (!follower_down) on_follower(datagram);
  }
  if (down) return;
  release();
  if (network_.now_ns < next_heartbeat_ns_) return;
  next_heartbeat_ns_ = network_.now_ns + kHeartbeatNs;
  if (session_.bound) {
    send(PacketKind::Heartbeat, session_.connection,
         proto::Heartbeat(++session_.heartbeats, reports.size() + 1, network_.now_ns));
  }
  send_feed_heartbeat();
}

// ---- logon ---------------------------------------------------------------------------------

void Venue::on_logon(proto::Purpose purpose, net::Datagram& datagram,
                     const proto::Prefix& prefix) {
  const bool engine = purpose == proto::Purpose::OrderEntry;
  Binding& binding = engine ? session_ : follower_;
  Transport& port = engine ? engine_ : follower_port_;
  proto::HandshakeServer& handshake = engine ? *engine_logon_ : *follower_logon_;
  const auto result = handshake.on_datagram(
      prefix, {datagram.data, datagram.size}, {datagram.peer.address, datagram.peer.port},
      network_.now_ns, logon_keys_, out_);
  if (result.outcome == proto::HandshakeServer::Outcome::kReply) {
    port.send(datagram.peer, Bytes(out_).first(result.reply_bytes));
  }
  if (result.outcome != proto::HandshakeServer::Outcome::kConfirmed) return;
  if (!result.repeated || !binding.bound) {
    binding = {true, datagram.peer, ++connections_, 0, connections_,
               proto::derive_keys(secret_, epoch, connections_, purpose)};
    if (engine) ++logons;
  }
  proto::LogonAccepted accepted;
  accepted.mutate_client_nonce(result.request.client_nonce());
  accepted.mutate_connection(binding.connection);
  accepted.mutate_next_client_sequence(highest() + 1);
  accepted.mutate_next_report_sequence(reports.size() + 1);
  accepted.mutate_engine_sequence(sequence_);
  accepted.mutate_epoch(epoch);
  accepted.mutate_heartbeat_ms(50);
  accepted.mutate_timeout_ms(250);
  accepted.mutate_window(1024);
  accepted.mutate_reorder_window(256);
  accepted.mutate_max_in_flight(1024);
  accepted.mutate_version(1);
  proto::Prefix answer;
  answer.kind = PacketKind::LogonAccepted;
  answer.session = kSession;
  const std::size_t size =
      proto::encode_datagram(answer, accepted, logon_keys_.to_client, out_);
  port.send(datagram.peer, Bytes(out_).first(size));
}

/// While logged on: the tag is of this connection. Otherwise, when it is of the last one, the
/// peer is told that it has ended.
bool Venue::authentic(const Binding& binding, proto::Purpose purpose, const proto::Prefix& prefix,
                      std::span<std::byte> bytes, Transport& port, net::Endpoint peer) {
  const std::uint64_t connection = binding.bound ? binding.connection
                                   : purpose == proto::Purpose::Query ? prefix.ack
                                                                      : binding.last_connection;
  const std::uint32_t key_epoch = binding.bound ? epoch : prefix.epoch;
  const auto keys = proto::derive_keys(secret_, key_epoch, connection, purpose);
  if (!proto::check_tag(bytes, keys.to_server)) {
    ++bad_tags;
    return false;
  }
  if (binding.bound) return true;
  const std::size_t size = proto::HandshakeServer::refuse_connection(
      kSession, connection, {}, logon_keys_.to_client, out_);
  port.send(peer, Bytes(out_).first(size));
  return false;
}

// ---- engine --------------------------------------------------------------------------------

template <class Struct>
void Venue::send(PacketKind kind, std::uint64_t sequence, const Struct& v1) {
  proto::Prefix prefix;
  prefix.kind = kind;
  prefix.session = kSession;
  prefix.epoch = epoch;
  prefix.sequence = sequence;
  engine_.send(session_.peer,
               Bytes(out_).first(
                   proto::encode_datagram(prefix, v1, session_.keys.to_client, out_)));
}

void Venue::on_engine(net::Datagram& datagram) {
  proto::Prefix prefix;
  const std::span<std::byte> bytes(datagram.data, datagram.size);
  if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) return;
  if (proto::is_logon(prefix.kind)) {
    return on_logon(proto::Purpose::OrderEntry, datagram, prefix);
  }
  if (!authentic(session_, proto::Purpose::OrderEntry, prefix, bytes, engine_, datagram.peer)) {
    return;
  }
  acknowledged = std::max(acknowledged, prefix.ack);
  const Bytes payload = proto::payload_of(bytes);
  if (prefix.kind == PacketKind::Command) on_command(prefix, payload);
  if (prefix.kind == PacketKind::FeedSubscribe) {
    const auto* wish = proto::decode<proto::FeedSubscribe>(payload);
    line_[0] = {datagram.peer.address, wish->a_port()};
    line_[1] = {datagram.peer.address, wish->b_port()};
    send_feed_heartbeat();
  }
  if (prefix.kind == PacketKind::Logoff && prefix.sequence == session_.connection) {
    ++logoffs;
    prefix.tag = {};
    const std::size_t size = proto::encode_datagram(prefix, session_.keys.to_client, out_);
    engine_.send(session_.peer, Bytes(out_).first(size));
    session_.bound = false;
  }
}

void Venue::on_command(const proto::Prefix& prefix, Bytes payload) {
  if (silent_next > 0) {
    --silent_next;
    return;
  }
  const std::uint64_t number = prefix.sequence;
  const auto known = seen_.find(number);
  const auto decide = [&](Reason reason) {
    send(PacketKind::Decision, number,
         proto::Decision(number, 0, 0, 0, ReportKind::None, 0, reason, 0));
  };
  if (known != seen_.end()) {
    if (forget_old_numbers) return decide(Reason::OUTCOME_EXPIRED);
    return send(PacketKind::Decision, number, known->second.decision);
  }
  if (forget_old_numbers && number <= highest()) return decide(Reason::OUTCOME_EXPIRED);
  if (skip_new_numbers || number + 256 <= highest()) return decide(Reason::SKIPPED_NEVER_APPLIED);
  if (refuse_next > 0 || number > highest() + 1024) {
    if (refuse_next > 0) --refuse_next;
    return send(PacketKind::Busy, number,
                proto::Busy(number, Reason::BUSY_OUTPUT_FULL, 0, 1000));
  }
  const auto kind = static_cast<proto::CommandKind>(prefix.type);
  const proto::DecodedCommand decoded = proto::decode_command(kind, payload);
  if (decoded.error == proto::DecodeError::None) apply(prefix, kind, decoded.body);
}

void Venue::apply(const proto::Prefix& prefix, proto::CommandKind kind, Bytes body) {
  ++times_applied[prefix.sequence];
  ++sequence_;
  Applied& applied = seen_[prefix.sequence];
  applied.client_sequence = prefix.sequence;
  applied.reports_before = reports.size();
  applied.feed_before = feed_.size();
  applied.orders_before = orders;
  history_.push_back(prefix.sequence);
  switch (kind) {
    case proto::CommandKind::NewOrder:
      new_order(read_as<proto::NewOrder>(body), prefix.sequence);
      break;
    case proto::CommandKind::CancelOrder:
      cancel_order(read_as<proto::CancelOrder>(body), prefix.sequence);
      break;
    case proto::CommandKind::ReplaceOrder:
      replace_order(read_as<proto::ReplaceOrder>(body), prefix.sequence);
      break;
    case proto::CommandKind::MassCancel:
      mass_cancel(prefix.sequence);
      break;
    default:
      report(ReportKind::AdminAccepted, prefix.sequence, {});
  }
  const proto::Report& first = reports[applied.reports_before];
  applied.decision =
      proto::Decision(prefix.sequence, sequence_, first.report_sequence(), first.order_id(),
                      first.kind(), 0, first.reason(), 0);
}

proto::Report& Venue::report(ReportKind kind, std::uint64_t client_sequence, const Order& order) {
  proto::Report& r = reports.emplace_back();
  r.mutate_report_sequence(reports.size());
  r.mutate_engine_sequence(sequence_);
  r.mutate_client_sequence(client_sequence);
  r.mutate_session(kSession);
  r.mutate_account(kAccount);
  r.mutate_market(kMarket);
  r.mutate_kind(kind);
  r.mutate_order_id(order.order_id);
  r.mutate_client_order_id(order.client_order_id);
  r.mutate_side(order.side);
  r.mutate_price_ticks(order.price_ticks);
  r.mutate_quantity_lots(order.quantity_lots);
  r.mutate_leaves_lots(order.leaves_lots);
  r.mutate_cumulative_lots(order.quantity_lots - order.leaves_lots);
  return r;
}

void Venue::publish(FeedKind kind, const Order& order, std::int64_t lots,
                    const proto::MarketDefinition* definition) {
  feed_.emplace_back(network_.now_ns, order.feed_order_id,
                     kind == FeedKind::OrderExecuted ? next_trade_id_++ : 0, order.price_ticks,
                     lots, order.leaves_lots, kMarket, kind, order.side, 0, 0);
  if (definition != nullptr) feed_definitions_[feed_.size()] = *definition;
}

void Venue::new_order(const proto::NewOrder& o, std::uint64_t client_sequence) {
  Order order{0, 0, o.client_order_id(), o.side(), o.price_ticks(), o.quantity_lots(),
              o.quantity_lots()};
  if (o.quantity_lots() <= 0) {
    report(ReportKind::OrderRejected, client_sequence, order)
        .mutate_reason(Reason::ORDER_QUANTITY_INVALID);
    return;
  }
  order.order_id = (std::uint64_t{1} << 32) | next_order_id_++;
  report(ReportKind::OrderAccepted, client_sequence, order);
  if (o.time_in_force() == proto::TimeInForce::ImmediateOrCancel) {
    order.leaves_lots = 0;
    report(ReportKind::OrderFilled, client_sequence, order).mutate_trade_id(next_trade_id_);
    return;
  }
  order.feed_order_id = next_feed_order_id_++;
  orders.push_back(order);
  publish(FeedKind::OrderAdded, order, order.leaves_lots);
}

void Venue::cancel_order(const proto::CancelOrder& cancel, std::uint64_t client_sequence) {
  const auto found = std::find_if(orders.begin(), orders.end(), [&](const Order& o) {
    return cancel.order_id() != 0 ? o.order_id == cancel.order_id()
                                  : o.client_order_id == cancel.client_order_id();
  });
  if (found == orders.end()) {
    report(ReportKind::CancelRejected, client_sequence, {}).mutate_reason(Reason::UNKNOWN_ORDER);
    return;
  }
  Order order = *found;
  orders.erase(found);
  const std::int64_t left = order.leaves_lots;
  order.leaves_lots = 0;
  publish(FeedKind::OrderDeleted, order, left);
  report(ReportKind::OrderCancelled, client_sequence, order)
      .mutate_reason(Reason::CANCEL_REQUESTED);
}

void Venue::replace_order(const proto::ReplaceOrder& replace, std::uint64_t client_sequence) {
  const auto found = std::find_if(orders.begin(), orders.end(), [&](const Order& o) {
    return o.order_id == replace.order_id();
  });
  if (found == orders.end()) {
    report(ReportKind::ReplaceRejected, client_sequence, {}).mutate_reason(Reason::UNKNOWN_ORDER);
    return;
  }
  Order order = *found;
  orders.erase(found);
  publish(FeedKind::OrderDeleted, order, order.leaves_lots);
  order.leaves_lots += replace.quantity_lots() - order.quantity_lots;
  order.quantity_lots = replace.quantity_lots();
  order.price_ticks = replace.price_ticks();
  order.feed_order_id = next_feed_order_id_++;
  orders.push_back(order);
  report(ReportKind::OrderReplaced, client_sequence, order);
  publish(FeedKind::OrderAdded, order, order.leaves_lots);
}

void Venue::mass_cancel(std::uint64_t client_sequence) {
  report(ReportKind::MassCancelAccepted, client_sequence, {});
  for (std::size_t i = 0; i < orders.size();) {
    Order order = orders[i];
    if (order.order_id == 0) {
      ++i;
      continue;
    }
    orders.erase(orders.begin() + static_cast<std::ptrdiff_t>(i));
    const std::int64_t left = order.leaves_lots;
    order.leaves_lots = 0;
    publish(FeedKind::OrderDeleted, order, left);
    report(ReportKind::OrderCancelled, client_sequence, order).mutate_reason(Reason::CANCEL_MASS);
  }
  report(ReportKind::MassCancelDone, client_sequence, {});
}

void Venue::others_add_order() {
  Order order{next_feed_order_id_++, 0, 0, proto::Side::Sell,
              2000 + static_cast<std::int64_t>(next_feed_order_id_ % 7), 5, 5};
  ++sequence_;
  orders.push_back(order);
  publish(FeedKind::OrderAdded, order, order.leaves_lots);
}

void Venue::fill_own(std::uint64_t order_id, std::int64_t lots) {
  const auto found = std::find_if(orders.begin(), orders.end(),
                                  [&](const Order& o) { return o.order_id == order_id; });
  ++sequence_;
  found->leaves_lots -= lots;
  publish(FeedKind::OrderExecuted, *found, lots);
  proto::Report& r = report(ReportKind::OrderFilled, 0, *found);
  r.mutate_quantity_lots(lots);
  if (found->leaves_lots == 0) orders.erase(found);
}

// ---- release -------------------------------------------------------------------------------

void Venue::release() {
  if (feed_released_ < feed_.size()) send_feed(feed_released_, feed_.size());
  feed_released_ = feed_.size();
  if (reports_released_ < reports.size()) send_reports(reports_released_, reports.size());
  reports_released_ = reports.size();
}

void Venue::send_reports(std::uint64_t from, std::uint64_t to) {
  for (; from < to; from += 4) {
    const std::size_t count = std::min<std::size_t>(4, to - from);
    if (mute_reports_next > 0 || !session_.bound) {
      mute_reports_next -= mute_reports_next > 0;
      continue;
    }
    proto::Prefix prefix;
    prefix.kind = PacketKind::Reports;
    prefix.session = kSession;
    prefix.epoch = epoch;
    prefix.sequence = from + 1;
    std::memcpy(out_.data(), &prefix, sizeof prefix);
    const std::size_t size =
        sizeof prefix + proto::encode_reports({&reports[from], count},
                                              std::span(out_).subspan(sizeof prefix));
    proto::seal(std::span(out_).first(size), session_.keys.to_client);
    engine_.send(session_.peer, Bytes(out_).first(size));
  }
}

void Venue::send_feed(std::uint64_t from, std::uint64_t to) {
  while (from < to) {
    proto::FeedPacket packet;
    std::size_t count = 0;
    std::vector<proto::MarketDefinition> definitions;
    while (from + count < to && count < 3) {
      const auto d = feed_definitions_.find(from + count + 1);
      if (d != feed_definitions_.end()) definitions.push_back(d->second);
      ++count;
    }
    packet.messages = {&feed_[from], count};
    packet.definitions = definitions;
    for (std::uint8_t line = 0; line < 2; ++line) {
      if (line_[line].port == 0) continue;
      if (mute_feed_next[line] > 0) {
        --mute_feed_next[line];
        continue;
      }
      proto::FeedHeader header;
      header.kind = proto::FeedPacketKind::Data;
      header.line = line;
      header.epoch = epoch;
      header.first_sequence = from + 1;
      header.released_sequence = from + count;
      const std::size_t size = proto::encode_feed_packet(header, packet, out_);
      engine_.send(line_[line], Bytes(out_).first(size));
    }
    from += count;
  }
}

void Venue::send_feed_heartbeat() {
  for (std::uint8_t line = 0; line < 2; ++line) {
    if (line_[line].port == 0) continue;
    proto::FeedHeader header;
    header.kind = proto::FeedPacketKind::Heartbeat;
    header.line = line;
    header.epoch = epoch;
    header.first_sequence = feed_released_ + 1;
    header.released_sequence = feed_released_;
    const std::size_t size = proto::encode_feed_heartbeat(header, out_);
    engine_.send(line_[line], Bytes(out_).first(size));
  }
}

// ---- follower ------------------------------------------------------------------------------

void Venue::on_follower(net::Datagram& datagram) {
  proto::Prefix prefix;
  const std::span<std::byte> bytes(datagram.data, datagram.size);
  if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) return;
  if (proto::is_logon(prefix.kind)) return on_logon(proto::Purpose::Query, datagram, prefix);
  if (!authentic(follower_, proto::Purpose::Query, prefix, bytes, follower_port_,
                 datagram.peer)) {
    return;
  }
  const auto* query = proto::decode<proto::Query>(proto::payload_of(bytes));
  if (prefix.kind == PacketKind::Query && query != nullptr) answer(prefix, *query);
}

void Venue::reply(QueryKind kind, const proto::Query& query, QueryStatus status,
                  proto::QueryReply content, proto::QueryHeader header) {
  header.mutate_request(query.request());
  header.mutate_page(query.page());
  header.mutate_status(status);
  header.mutate_epoch(epoch);
  content.header = &header;
  proto::Prefix prefix;
  prefix.kind = PacketKind::QueryReply;
  prefix.type = raw(kind);
  prefix.session = kSession;
  prefix.epoch = epoch;
  prefix.sequence = query.request();
  std::memcpy(out_.data(), &prefix, sizeof prefix);
  const std::size_t size =
      sizeof prefix +
      proto::encode_query_reply(content, std::span(out_).subspan(sizeof prefix));
  proto::seal(std::span(out_).first(size), follower_.keys.to_client);
  follower_port_.send(follower_.peer, Bytes(out_).first(size));
}

void Venue::answer(const proto::Prefix& prefix, const proto::Query& query) {
  const auto kind = static_cast<QueryKind>(prefix.type);
  if (query.at_least() > std::min(sequence_, follower_limit)) {
    return reply(kind, query, QueryStatus::NotYet, {}, {});
  }
  switch (kind) {
    case QueryKind::Reports:
    case QueryKind::FeedRange: return answer_range(kind, query);
    case QueryKind::OrderStatus: {
      for (const proto::Report& r : reports) {
        if (r.kind() != ReportKind::OrderAccepted) continue;
        if (r.client_order_id() != query.from()) continue;
        proto::OpenOrder order;
        order.mutate_order_id(r.order_id());
        proto::QueryReply content;
        content.orders = {&order, 1};
        return reply(kind, query, QueryStatus::Ok, content, {});
      }
      return reply(kind, query, QueryStatus::Unknown, {}, {});
    }
    case QueryKind::Activity: return answer_activity(query);
    default: return answer_pages(kind, query);
  }
}

void Venue::answer_range(QueryKind kind, const proto::Query& query) {
  const bool reports_asked = kind == QueryKind::Reports;
  const std::uint64_t end = (reports_asked ? reports.size() : feed_.size()) + 1;
  const std::uint64_t oldest = reports_asked ? oldest_report : oldest_feed;
  if (query.from() < oldest) return reply(kind, query, QueryStatus::SnapshotRequired, {}, {});
  const std::uint64_t to = std::min(query.to(), end);
  if (query.from() >= to) return reply(kind, query, QueryStatus::NotYet, {}, {});
  for (std::uint64_t from = query.from(); from < to; from += max_page_items) {
    const std::size_t count = std::min<std::size_t>(max_page_items, to - from);
    proto::QueryHeader header;
    header.mutate_from(from);
    header.mutate_to(end);
    header.mutate_applied(sequence_);
    proto::QueryReply content;
    std::vector<proto::MarketDefinition> definitions;
    for (std::uint64_t s = from; s < from + count && !reports_asked; ++s) {
      if (feed_definitions_.count(s) > 0) definitions.push_back(feed_definitions_[s]);
    }
    content.definitions = definitions;
    if (reports_asked) content.reports = {&reports[from - 1], count};
    else content.feed = {&feed_[from - 1], count};
    reply(kind, query, QueryStatus::Ok, content, header);
    if (one_page_per_question) return;
  }
}

void Venue::answer_pages(QueryKind kind, const proto::Query& query) {
  proto::QueryHeader header;
  std::uint64_t number = query.snapshot();
  if (number == 0) {
    number = 1 + snapshots_.size();
    snapshots_[number] = {orders, next_feed_sequence()};
    if (kind == QueryKind::BookSnapshot && old_snapshots_next > 0) {
      --old_snapshots_next;
      snapshots_[number] = remembered_;
    }
  }
  if (snapshots_.count(number) == 0) {
    return reply(kind, query, QueryStatus::SnapshotRequired, {}, {});
  }
  const auto& [frozen, feed_sequence] = snapshots_[number];
  std::vector<proto::BookOrder> book;
  std::vector<proto::OpenOrder> own;
  for (const Order& o : frozen) {
    if (kind == QueryKind::BookSnapshot) {
      book.emplace_back(o.feed_order_id, o.price_ticks, o.leaves_lots, o.side, 0, 0, 0);
    } else if (kind == QueryKind::OpenOrders && o.order_id != 0) {
      own.emplace_back(o.order_id, o.client_order_id, o.price_ticks, o.quantity_lots,
                       o.leaves_lots, o.quantity_lots - o.leaves_lots, 0, 0, kAccount, kMarket,
                       kSession, o.side, proto::OrderType::Limit,
                       proto::TimeInForce::GoodTillCancel, 0);
    }
  }
  const std::size_t items = std::max(book.size(), own.size());
  const std::size_t first = query.page() * max_page_items;
  header.mutate_snapshot(number);
  header.mutate_applied(sequence_);
  header.mutate_from(feed_sequence);
  header.mutate_to(feed_sequence);
  header.mutate_pages(static_cast<std::uint32_t>((items + max_page_items - 1) / max_page_items));
  if (header.pages() == 0) header.mutate_pages(1);
  const auto page = [&](const auto& all) {
    const std::size_t from = std::min(first, all.size());
    return std::span(all).subspan(from, std::min<std::size_t>(max_page_items, all.size() - from));
  };
  proto::QueryReply content;
  content.book = page(book);
  content.orders = page(own);
  const proto::MarketDefinition d = definition();
  const std::vector<proto::Balance> balances = {{kAccount, 1, 900'000, 100'000},
                                                {kAccount, 2, 50, 0}};
  if (kind == QueryKind::Markets) content.definitions = {&d, 1};
  if (kind == QueryKind::Balances) content.balances = balances;
  reply(kind, query, QueryStatus::Ok, content, header);
}

}  // namespace saker::client::fake
