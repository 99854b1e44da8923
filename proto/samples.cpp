#include "proto/samples.hpp"

#include <array>
#include <string_view>

#include "proto/commands.hpp"
#include "proto/handshake.hpp"
#include "query_generated.h"

namespace saker::proto {

namespace {

constexpr std::uint64_t kTime = 1'700'000'000'123'456'789;

template <std::size_t kSize>
std::array<std::uint8_t, kSize> padded(std::string_view text) {
  std::array<std::uint8_t, kSize> bytes{};
  SAKER_ASSERT(text.size() <= kSize);
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}
std::array<std::uint8_t, 16> name(std::string_view text) { return padded<16>(text); }
std::array<std::uint8_t, 32> why(std::string_view text) { return padded<32>(text); }

Prefix prefix_of(PacketKind kind, std::uint16_t type, std::uint64_t sequence,
                 std::uint64_t ack) {
  Prefix prefix;
  prefix.kind = kind;
  prefix.type = type;
  prefix.session = kSampleSession;
  prefix.epoch = is_logon(kind) ? 0 : kSampleEpoch;
  prefix.sequence = sequence;
  prefix.ack = kind == PacketKind::Query ? kSampleConnection : ack;
  return prefix;
}

bool from_client(PacketKind kind) {
  return kind == PacketKind::LogonRequest || kind == PacketKind::LogonConfirm ||
         kind == PacketKind::Logoff || kind == PacketKind::Heartbeat ||
         kind == PacketKind::Command || kind == PacketKind::FeedSubscribe ||
         kind == PacketKind::Query;
}

Key key_of(PacketKind kind) {
  const KeyPair keys = sample_keys(kind);
  return from_client(kind) ? keys.to_server : keys.to_client;
}

class Collector {
 public:
  template <class Struct>
  void add(const char* name, PacketKind kind, std::uint64_t sequence, const Struct& v1,
           std::uint16_t type = 0) {
    Sample& sample = begin(name);
    sample.size = encode_datagram(prefix_of(kind, type, sequence, from_client(kind) ? 41 : 0), v1,
                                  key_of(kind), sample.bytes);
  }
  template <class Struct>
  void command(const char* name, const Struct& v1) {
    add(name, PacketKind::Command, ++client_sequence_, v1, raw(kCommandKind<Struct>));
  }
  /// Prefix, then a payload that is already in place behind it.
  void finish(Sample& sample, const Prefix& prefix, std::size_t payload_bytes) {
    std::memcpy(sample.bytes, &prefix, kPrefixBytes);
    sample.size = kPrefixBytes + payload_bytes;
    seal(sample.datagram(), key_of(prefix.kind));
  }
  Sample& begin(const char* name) {
    samples_.emplace_back();
    samples_.back().name = name;
    return samples_.back();
  }
  std::vector<Sample> take() { return std::move(samples_); }

 private:
  std::vector<Sample> samples_;
  std::uint64_t client_sequence_ = 100;
};

std::span<std::byte> payload_room(Sample& sample) {
  return std::span<std::byte>(sample.bytes).subspan(kPrefixBytes);
}

void add_trading(Collector& to) {
  to.command("NewOrder", NewOrder(7001, 25'000, 40, 0, 5, 1, Side::Sell, OrderType::Limit,
                                  TimeInForce::GoodTillCancel, SelfTradePrevention::CancelTaker,
                                  0));
  to.command("CancelOrder", CancelOrder(0x0000000200000007, 0, 5, 0));
  to.command("ReplaceOrder", ReplaceOrder(0, 7001, 7002, 25'010, 35, 5, 0));
  to.command("MassCancel", MassCancel(7003, 2, 1, Scope::Group, 1, 0, 0));
}

void add_venue(Collector& to) {
  const MarketParams params(1, 1'000'000, 100, 0, 10'000'000, 100'000, 50'000, 500, 1'000);
  to.command("AddAsset", AddAsset(1, 2, 0, 0, name("EUR"), why("new asset")));
  to.command("AddFirm", AddFirm(2, name("north"), why("new firm")));
  to.command("AddGroup", AddGroup(3, 2, name("desk one"), why("new group")));
  to.command("AddAccount", AddAccount(5, 3, 1'000, name("maker"), why("new account")));
  to.command("AddSession", AddSession(10, 2, Rights::Trade | Rights::Cancel, 12, 1, 0, 0,
                                      name("maker 1"), why("new session")));
  to.command("AddMarket", AddMarket(params, 1, 10'000, 25'000, 1, 2, 1, 1, 2, 0, 0, 0,
                                    name("KCN/EUR"), why("new market")));
  to.command("SetMarketParams", SetMarketParams(params, 1, 0, why("wider")));
  to.command("SetMarketPhase", SetMarketPhase(1, MarketPhase::Halted, 0, 0, why("news")));
  to.command("SetReferencePrice", SetReferencePrice(25'100, 1, 0, why("morning")));
  to.command("GrantAccount", GrantAccount(10, 5, Rights::Trade, why("desk")));
  to.command("RollTradingDay", RollTradingDay(20'260, 0, why("midnight")));
  to.command("KillSwitch", KillSwitch(2, Scope::Firm, 1, 0, why("firm asked")));
}

void add_money(Collector& to) {
  to.command("Deposit", Deposit(9001, 5'000'000, 5, 1, why("wire")));
  to.command("WithdrawHold", WithdrawHold(9002, 250'000, 5, 1, why("wire out")));
  to.command("WithdrawSettle",
             WithdrawSettle(9002, WithdrawOutcome::Void, 0, 0, 0, why("bank said no")));
  to.command("ProposeTransfer", ProposeTransfer(100, 5, 6, 1, 0, why("correction")));
  to.command("ProposeTradeBust", ProposeTradeBust(77, why("wrong price")));
  to.command("ApproveProposal", ApproveProposal(4, why("agreed")));
  to.command("RejectProposal", RejectProposal(4, why("not agreed")));
  to.command("SetRuleVersion", SetRuleVersion(2, 0, why("release 2")));
}

void add_logon(Collector& to) {
  const LogonRequest request(0x1122334455667788, 42, 0, 1, 1, 0, 1'000);
  const std::array<std::uint8_t, 16> cookie = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                               16};
  Sample& sample = to.begin("LogonRequest");
  sample.size = encode_logon_request(prefix_of(PacketKind::LogonRequest, 0, 0, 0), request,
                                     key_of(PacketKind::LogonRequest), sample.bytes);
  to.add("LogonChallenge", PacketKind::LogonChallenge, 0,
         LogonChallenge(0x1122334455667788, cookie, kTime));
  to.add("LogonConfirm", PacketKind::LogonConfirm, 0, LogonConfirm(request, cookie, kTime));
  to.add("LogonAccepted", PacketKind::LogonAccepted, 0,
         LogonAccepted(0x1122334455667788, kSampleConnection, 101, 42, 90'000, 0, 0xB0B0, 0xC0C0,
                       kSampleEpoch, 1'000, 5'000, 1'024, 256, 1'024, 1, CommitPolicy::Disk, 0, 0));
  to.add("LogonRefused", PacketKind::LogonRefused, 0,
         LogonRefused(0x1122334455667788, 0, Reason::LOGON_DISABLED, 1, 1, 0));
}

Report fill_report(std::uint64_t n) {
  return Report(41 + n, 15 + n, 90'001 + n, 101, 7001, 0x0000000200000007, 77 + n, 25'000,
                10, 30 - static_cast<std::int64_t>(10 * n), 10 + static_cast<std::int64_t>(10 * n),
                250, kTime, kTime + 1'000, kSampleSession, 5, 1, Reason::NONE,
                ReportKind::OrderFilled, Side::Sell, Liquidity::Maker, TimestampSource::Kernel, 0,
                0, 0xABCDEF0123456789 + n, kTime + 1'500, kTime + 200'000);
}

void add_session(Collector& to) {
  Sample& logoff = to.begin("Logoff");
  logoff.size = encode_datagram(prefix_of(PacketKind::Logoff, 0, kSampleConnection, 41),
                                key_of(PacketKind::Logoff), logoff.bytes);
  to.add("Heartbeat", PacketKind::Heartbeat, kSampleConnection, Heartbeat(17, 102, kTime));
  to.add("Decision", PacketKind::Decision, 99,
         Decision(99, 89'990, 40, 0x0000000200000006, ReportKind::OrderAccepted, 0, Reason::NONE,
                  0));
  to.add("Busy", PacketKind::Busy, 103, Busy(103, Reason::BUSY_RATE, 0, 500));
  to.add("FeedSubscribe", PacketKind::FeedSubscribe, 1,
         FeedSubscribe(0x7F000001, 0x7F000002, 4'001, 4'002, 0));
  const Report reports[3] = {fill_report(0), fill_report(1), fill_report(2)};
  for (const std::size_t count : {std::size_t{1}, std::size_t{3}}) {
    Sample& sample = to.begin(count == 1 ? "Reports-1" : "Reports-3");
    const std::size_t size = encode_reports(std::span(reports, count), payload_room(sample));
    to.finish(sample, prefix_of(PacketKind::Reports, 0, 41, 0), size);
  }
}

const FeedMessage kFeed[3] = {
    {kTime, 501, 0, 25'000, 40, 40, 1, FeedKind::OrderAdded, Side::Sell, 0, 0},
    {kTime, 0, 0, 0, 0, 0, 1, FeedKind::MarketDefined, Side::Buy, 0, 0},
    {kTime, 501, 77, 25'000, 10, 30, 1, FeedKind::OrderExecuted, Side::Sell, 0, 0}};

MarketDefinition definition() {
  return MarketDefinition(1, 10'000, 1, 1, 1'000'000, 100, 0, 10'000'000, 1, 2, 2, 1, 500, 1'000,
                          2, 8, 2, MarketPhase::Open, 0, 0, name("KCN/EUR"), name("KCN"),
                          name("EUR"));
}

void add_feed(Collector& to) {
  FeedHeader header;
  header.shard = 1;
  header.epoch = kSampleEpoch;
  header.first_sequence = 1'000;
  header.released_sequence = 1'002;
  header.sent_ns = kTime + 300'000;
  const MarketDefinition one = definition();
  Sample& orders = to.begin("FeedData");
  orders.size = encode_feed_packet(header, {std::span(kFeed, 1), {}}, orders.bytes);
  header.line = 1;
  Sample& mixed = to.begin("FeedData-definition");
  mixed.size = encode_feed_packet(header, {kFeed, std::span(&one, 1)}, mixed.bytes);
  Sample& heartbeat = to.begin("FeedHeartbeat");
  heartbeat.size = encode_feed_heartbeat(header, heartbeat.bytes);
}

void add_reply(Collector& to, const char* name, QueryKind kind, QueryReply reply) {
  const QueryHeader header(3001, 90'500, 41, 44, 8, 0xABCDEF0123456789, 1, 2, kSampleEpoch,
                           QueryStatus::Ok, 0, 0);
  reply.header = &header;
  Sample& sample = to.begin(name);
  const std::size_t size = encode_query_reply(reply, payload_room(sample));
  to.finish(sample, prefix_of(PacketKind::QueryReply, raw(kind), 3001, 0), size);
}

void add_queries(Collector& to) {
  to.add("Query", PacketKind::Query, 3001, Query(3001, 90'000, 41, 44, 5, 1, 8),
         raw(QueryKind::Reports));
  const Report reports[2] = {fill_report(0), fill_report(1)};
  const OpenOrder orders[1] = {{0x0000000200000007, 7001, 25'000, 40, 30, 10, 30, kTime, 5, 1,
                                kSampleSession, Side::Sell, OrderType::Limit,
                                TimeInForce::GoodTillCancel, 0}};
  const Balance balances[2] = {{5, 1, 4'750'000, 250'000}, {5, 2, 970, 30}};
  const BookOrder book[2] = {{501, 25'000, 30, Side::Sell, 0, 0, 0},
                             {480, 24'990, 12, Side::Buy, 0, 0, 0}};
  const MarketDefinition one = definition();
  add_reply(to, "QueryReply-empty", QueryKind::OpenOrders, {});
  add_reply(to, "QueryReply-reports", QueryKind::Reports, {.reports = reports});
  add_reply(to, "QueryReply-orders", QueryKind::OpenOrders, {.orders = orders});
  add_reply(to, "QueryReply-balances", QueryKind::Balances, {.balances = balances});
  add_reply(to, "QueryReply-feed", QueryKind::FeedRange,
            {.feed = kFeed, .definitions = std::span(&one, 1)});
  add_reply(to, "QueryReply-book", QueryKind::BookSnapshot, {.book = book});
}

}  // namespace

Secret sample_secret() {
  Secret secret;
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i);
  return secret;
}

KeyPair sample_keys(PacketKind kind) {
  if (is_logon(kind)) return derive_logon_keys(sample_secret());
  const bool query = kind == PacketKind::Query || kind == PacketKind::QueryReply;
  return derive_keys(sample_secret(), kSampleEpoch, kSampleConnection,
                     query ? Purpose::Query : Purpose::OrderEntry);
}

std::vector<Sample> all_samples() {
  Collector collector;
  add_trading(collector);
  add_venue(collector);
  add_money(collector);
  add_logon(collector);
  add_session(collector);
  add_feed(collector);
  add_queries(collector);
  return collector.take();
}

}  // namespace saker::proto
