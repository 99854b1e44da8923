#include "client/client_fuzz.hpp"

#include "client/activity_stream.hpp"
#include "client/fake/rig.hpp"
#include "client/feed_client.hpp"
#include "common/fuzz.hpp"

namespace saker::client {

namespace {

using fake::Network;
using fake::Rig;
using fake::Venue;

struct FuzzFeedHandler : FeedHandler, ActivityHandler {};

constexpr net::Endpoint kClient{0x7F000001, 40'000};
constexpr net::Endpoint kLines[] = {{0x7F000001, 41'000}, {0x7F000001, 41'001}};

SessionConfig small_session() {
  SessionConfig config = Rig::config();
  config.in_flight_slots = 64;
  config.report_slots = 64;
  return config;
}

FeedConfig small_feed() {
  FeedConfig config;
  config.ring_messages = 64;
  config.expected_orders = 16;
  return config;
}

class Exercise {
 public:
  explicit Exercise(FuzzInput& input)
      : input_(input),
        rig_(1, small_session()),
        lines_{fake::Transport(rig_.network, kLines[0]), fake::Transport(rig_.network, kLines[1])},
        feed_(small_feed(), rig_.session.queries(), handler_),
        activity_(rig_.session.queries(), handler_) {
    rig_.network.delay_ns = 0;
  }

  void run() {
    for (int i = 0; i < 12; ++i) step(100'000);  // they log on, and nothing is changed yet
    rig_.session.orders().subscribe_feed({0, 0, kLines[0].port, kLines[1].port, 0});
    activity_.start(0);
    hostile_ = true;
    for (int i = 0; i < 400 && !input_.empty(); ++i) {
      act(input_.byte());
      step(100'000);
    }
    check();
  }

 private:
  // ---- what the program does and what befalls it ----------------------------------------------

  void act(std::uint8_t what) {
    OrderEntryClient<fake::Transport, fake::Recorder>& orders = rig_.session.orders();
    switch (what % 16) {
      case 0:
      case 1: sent_ += rig_.buy(90 + what / 16, what) != 0; return;
      case 2: sent_ += rig_.buy(100, 0, proto::TimeInForce::ImmediateOrCancel) != 0; return;
      case 3:
        sent_ += orders.send(CancelOrderRequest{.account = Venue::kAccount,
                                                .client_order_id = what}) != 0;
        return;
      case 4: return rig_.venue.others_add_order();
      case 5:
        if (!rig_.venue.orders.empty()) rig_.venue.fill_own(rig_.venue.orders[0].order_id, 1);
        return;
      case 6: return rig_.venue.restart_engine(what / 64u);
      case 7: return rig_.venue.restart_follower();
      case 8: return step(std::uint64_t{what} * 20'000'000);
      case 9: rig_.venue.mute_feed_next[what / 16 % 2] = 3; return;
      case 10: rig_.venue.mute_reports_next = 2; return;
      case 11:
        orders.subscribe_feed({0, 0, kLines[0].port, kLines[1].port, 0});
        return;
      case 12:
        if (!activity_.running()) activity_.start(what);
        return;
      default: return;
    }
  }

  void step(std::uint64_t ns) {
    rig_.network.now_ns += ns;
    rig_.venue.poll();
    for (const net::Endpoint to : {kClient, kLines[0], kLines[1]}) meet(to);
    rig_.session.poll(rig_.network.now_ns);
    for (fake::Transport& line : lines_) {
      for (net::Datagram& datagram : line.receive()) {
        feed_.on_packet(datagram, rig_.network.now_ns);
      }
    }
    feed_.poll(rig_.network.now_ns);
    activity_.poll();
  }

  // ---- the man in the middle, who has the keys -------------------------------------------------

  void meet(net::Endpoint to) {
    std::vector<Network::Packet> packets;
    Network::Packet packet;
    while (rig_.network.receive(to, packet)) packets.push_back(std::move(packet));
    for (Network::Packet& one : packets) {
      if (hostile_ && input_.byte() % 2 == 1) change(one);
      if (one.bytes.size() > 1'400) one.bytes.resize(1'400);
      note_connection(one);
      rig_.network.send(one.from, one.to, one.bytes);
    }
  }

  static void put(std::vector<std::byte>& bytes, std::size_t at, std::uint64_t number) {
    std::memcpy(&bytes[at], &number, std::min(sizeof(number), bytes.size() - at));
  }
  void change(Network::Packet& packet) {
    std::vector<std::byte>& bytes = packet.bytes;
    kept_.push_back(bytes);
    const std::size_t head = packet.to == kClient ? proto::kPrefixBytes : 0;
    const std::uint8_t how = input_.byte();
    const std::size_t at = bytes.size() <= head
                               ? 0
                               : head + input_.take<std::uint16_t>() % (bytes.size() - head);
    switch (how % 8) {
      case 0: bytes[at] ^= std::byte{input_.byte()}; break;
      case 1: {
        const auto number = input_.take<std::uint64_t>();
        put(bytes, at / 8 * 8, number);
        break;
      }
      case 2: {
        constexpr std::uint64_t kNumbers[] = {0, 1, 2, 255, 1u << 31, UINT64_MAX, INT64_MAX, 64};
        const std::uint64_t number = kNumbers[input_.byte() % 8];
        put(bytes, at / 8 * 8, number);
        break;
      }
      case 3: bytes.resize(std::max(head, at)); break;
      case 4: bytes.resize(std::min<std::size_t>(1'400, bytes.size() + input_.byte())); break;
      case 5: bytes = kept_[input_.byte() % kept_.size()]; break;
      case 6:
        if (head != 0) {
          bytes[5] = std::byte(input_.byte() % 24);
          bytes[6] = std::byte{input_.byte()};
        }
        break;
      default:
        for (std::byte& byte : bytes) byte = std::byte{input_.byte()};
    }
    if (head != 0 && how < 240) seal_again(packet);
  }

  struct Connection {
    std::uint32_t epoch = 0;
    std::uint64_t number = 0;
  };
  Connection& connection_of(const Network::Packet& packet) {
    return connections_[packet.from == Venue::kEngine ? 0 : 1];
  }
  static proto::Purpose purpose_of(const Network::Packet& packet) {
    return packet.from == Venue::kEngine ? proto::Purpose::OrderEntry : proto::Purpose::Query;
  }
  void seal_again(Network::Packet& packet) {
    if (packet.bytes.size() < proto::kPrefixBytes) return;
    const auto kind = static_cast<proto::PacketKind>(packet.bytes[5]);
    const Connection& now = connection_of(packet);
    const proto::KeyPair keys =
        proto::is_logon(kind)
            ? proto::derive_logon_keys(Rig::secret())
            : proto::derive_keys(Rig::secret(), now.epoch, now.number, purpose_of(packet));
    alignas(8) std::byte copy[1'408];
    std::memcpy(copy, packet.bytes.data(), packet.bytes.size());
    proto::seal({copy, packet.bytes.size()}, keys.to_client);
    std::memcpy(packet.bytes.data(), copy, packet.bytes.size());
  }
  /// What the client is told when it is logged on decides the keys from then on.
  void note_connection(const Network::Packet& packet) {
    proto::Prefix prefix;
    alignas(8) std::byte copy[1'408];
    if (packet.to != kClient || packet.bytes.empty()) return;
    std::memcpy(copy, packet.bytes.data(), packet.bytes.size());
    const std::span<std::byte> bytes(copy, packet.bytes.size());
    if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) return;
    if (prefix.kind != proto::PacketKind::LogonAccepted) return;
    const auto* accepted = proto::decode<proto::LogonAccepted>(proto::payload_of(bytes));
    if (accepted == nullptr) return;
    connection_of(packet) = {accepted->epoch(), accepted->connection()};
  }

  // ---- what holds all the same -----------------------------------------------------------------

  void check() {
    const auto& orders = rig_.session.orders();
    std::size_t outcomes = 0;
    for (const auto& [number, all] : rig_.handler.outcomes) outcomes += all.size();
    SAKER_ASSERT(outcomes + orders.in_flight() == sent_);
    SAKER_ASSERT(orders.counters().commands == sent_);
    SAKER_ASSERT(orders.in_flight() <= 64);
    if (rig_.handler.epochs == 0) {
      std::uint64_t last = 0;
      for (const proto::Report& report : rig_.handler.reports) {
        SAKER_ASSERT(report.report_sequence() > last);
        last = report.report_sequence();
      }
    }
    for (std::uint32_t id = 1; id < 4; ++id) {
      const FeedMarket* market = feed_.market(id);
      if (market == nullptr) continue;
      std::size_t orders_of_levels = 0;
      for (const proto::Side side : {proto::Side::Buy, proto::Side::Sell}) {
        for (std::size_t i = 0; i < market->book.depth(side); ++i) {
          orders_of_levels += market->book.level(side, i)->orders;
          SAKER_ASSERT(market->book.level(side, i)->orders > 0);
        }
      }
      SAKER_ASSERT(orders_of_levels == market->book.order_count());
    }
  }

  FuzzInput& input_;
  Rig rig_;
  FuzzFeedHandler handler_;
  std::array<fake::Transport, 2> lines_;
  FeedClient<fake::Transport, FuzzFeedHandler> feed_;
  ActivityStream<fake::Transport, FuzzFeedHandler> activity_;
  Connection connections_[2];
  std::vector<std::vector<std::byte>> kept_;
  std::uint64_t sent_ = 0;
  bool hostile_ = false;
};

}  // namespace

void fuzz_client(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  Exercise(input).run();
}

}  // namespace saker::client

SAKER_FUZZ_TARGET(saker::client::fuzz_client)
