// Transport equivalence: the same captured traffic, with an injected clock, through UDP sockets and
// through DPDK gives the same log bytes, the same state and the same answers as where it was
// captured, byte for byte.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

#include "engine/test_world.hpp"
#include "net/dpdk/dpdk_transport.hpp"
#include "net/dpdk/process_wire.hpp"
#include "net/endpoint.hpp"
#include "net/socket_fallback/udp_transport.hpp"

namespace saker::engine::testing {
namespace {

using Datagrams = std::vector<std::vector<std::byte>>;

/// What happened at the engine's outer side, in order.
struct Event {
  enum class Kind : std::uint8_t { kDatagram, kRound, kWriteLog };
  Kind kind = Kind::kRound;
  TimeNs time_ns = 0;
  net::Endpoint peer;            // kDatagram: as it was when captured
  std::vector<std::byte> bytes;
};

/// All that the world can tell about an engine.
struct Traces {
  std::map<std::string, std::vector<std::byte>> log;
  std::map<net::Endpoint, Datagrams> answers;
  std::uint64_t chain_head = 0;
  Hash128 state_hash;
  std::vector<std::uint64_t> counts;
};

std::map<std::string, std::vector<std::byte>> contents(journal::MemoryStorage& storage) {
  std::map<std::string, std::vector<std::byte>> files;
  std::vector<journal::FileInfo> list;
  EXPECT_EQ(storage.list(list), journal::IoStatus::ok);
  for (const journal::FileInfo& info : list) {
    std::vector<std::byte>& bytes = files[info.name];
    bytes.resize(info.size_bytes);
    journal::FileId file{};
    std::size_t got = 0;
    EXPECT_EQ(storage.open(info.name, file), journal::IoStatus::ok);
    EXPECT_EQ(storage.read_at(file, 0, bytes, got), journal::IoStatus::ok);
    EXPECT_EQ(got, bytes.size());
    storage.close(file);
  }
  return files;
}

std::vector<std::uint64_t> counts_of(const Metrics& metrics) {
  std::vector<std::uint64_t> counts(metrics.drops.begin(), metrics.drops.end());
#define SAKER_COUNT(name, text) counts.push_back(metrics.name);
  SAKER_ENGINE_COUNTERS(SAKER_COUNT)
#undef SAKER_COUNT
  return counts;
}

// ---- capturing -----------------------------------------------------------------------------

/// The most datagrams between two rounds: a round takes in all of them, whatever the transport.
constexpr std::size_t kMostAtOnce = 8;

/// Two traders, an administrator and a stranger make a small market.
class Capture {
 public:
  explicit Capture(proto::CommitPolicy policy) {
    world_.config.policy = policy;
    world_.start();
    world_.network.on_deliver = [this](net::Endpoint peer, Bytes bytes) {
      add(Event::Kind::kDatagram, peer, bytes);
    };
    world_.network.on_sent = [this](net::Endpoint to, Bytes bytes) {
      traces.answers[to].emplace_back(bytes.begin(), bytes.end());
    };
    world_.on_round = [this] { add(Event::Kind::kRound); };
    world_.on_write_log = [this] { add(Event::Kind::kWriteLog); };
  }

  void run() {
    EXPECT_TRUE(one_.logon(100) && two_.logon(100));
    one_.send_message(proto::PacketKind::FeedSubscribe, 1,
                      proto::FeedSubscribe(0, 0, 7'000, 7'001, 0));
    for (int step = 0; step < 400; ++step) {
      trade(step);
      if (step % 7 == 0) disturb(step);
      if (step % 50 == 49) one_.heartbeat(), two_.heartbeat();
      world_.clock.time_ns += 1'000 + (step * 7'919) % 3'000'000;
      world_.commit();
      one_.receive(), two_.receive(), world_.network.clear();
    }
    two_.logoff();
    world_.commit();
    EXPECT_TRUE(two_.logon(100));
    world_.pass_ms(3'000);  // both have timed out by then, and orders are gone
    traces.log = contents(world_.log_storage);
    traces.chain_head = world_.core->chain_head();
    traces.state_hash = world_.core->state_hash();
    traces.counts = counts_of(world_.engine->metrics());
    metrics = &world_.engine->metrics();
  }

  std::vector<Event> events;
  Traces traces;
  const Metrics* metrics = nullptr;
  EngineConfig config() const { return world_.config; }
  journal::LogConfig log_config() const { return world_.log_config; }

 private:
  void trade(int step) {
    const auto buy = [&](TestClient& client, std::uint32_t account, int at, int lots) {
      client.send(proto::CommandKind::NewOrder,
                  limit_order(account, proto::Side::Buy, 2'490 + at, lots));
    };
    const auto sell = [&](TestClient& client, std::uint32_t account, int at, int lots) {
      client.send(proto::CommandKind::NewOrder,
                  limit_order(account, proto::Side::Sell, 2'490 + at, lots));
    };
    buy(one_, 2, step % 9, 1 + step % 5);
    sell(two_, 3, step % 11, 1 + step % 3);
    if (step % 3 == 0) buy(two_, 3, step % 5, 2), sell(one_, 2, 4 + step % 7, 40);
    if (step % 40 == 39) {
      one_.send(proto::CommandKind::MassCancel,
                proto::MassCancel(step, 2, 0, proto::Scope::Account, 0, 0, 0));
    }
  }
  /// Everything else that arrives at an engine.
  void disturb(int step) {
    switch (step / 7 % 7) {
      case 0: return one_.send_as(one_.next_sequence - 1, proto::CommandKind::CancelOrder,
                                  proto::CancelOrder(1, 0, 2, 0));  // asked again
      case 1: return one_.send_as(one_.next_sequence + 5'000, proto::CommandKind::CancelOrder,
                                  proto::CancelOrder(1, 0, 2, 0));  // far ahead
      case 2: {
        std::vector<std::byte> noise(static_cast<std::size_t>(step * 13 % 1'400));
        for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<std::byte>(i * step);
        return world_.network.deliver({0x0A0000FF, 9'009}, noise, world_.clock.now_ns());
      }
      case 3: {  // from another address than the session's
        TestClient thief(world_, 2);
        thief.peer = {0x0A0000FF, 9'009};
        thief.accepted = one_.accepted, thief.keys = one_.keys;
        return thief.heartbeat();
      }
      case 4:
      case 5: {  // sealed, but without content; sealed, then damaged
        alignas(8) std::array<std::byte, proto::kPrefixBytes> datagram;
        proto::Prefix prefix = one_.prefix(proto::PacketKind::Command, one_.next_sequence);
        prefix.type = static_cast<std::uint16_t>(proto::CommandKind::NewOrder);
        proto::encode_datagram(prefix, one_.keys.to_server, datagram);
        if (step / 7 % 7 == 5) datagram[20] ^= std::byte{1};
        return world_.network.deliver(one_.peer, datagram, world_.clock.now_ns());
      }
      default:  // of an order that never was
        one_.send(proto::CommandKind::CancelOrder, proto::CancelOrder(77'777, 0, 2, 0));
    }
  }
  void add(Event::Kind kind, net::Endpoint peer = {}, Bytes bytes = {}) {
    at_once_ = kind == Event::Kind::kDatagram ? at_once_ + 1 : 0;
    SAKER_ASSERT(at_once_ <= kMostAtOnce);
    events.push_back({kind, world_.clock.now_ns(), peer, {bytes.begin(), bytes.end()}});
  }

  World world_;
  TestClient one_{world_, 2};
  TestClient two_{world_, 3};
  std::size_t at_once_ = 0;
};

// ---- replaying -----------------------------------------------------------------------------

/// A transport whose receive times come from the injected clock and whose peers have the names
/// they had when the traffic was captured.
template <net::Transport Inner>
class Injected {
 public:
  explicit Injected(Inner& inner) : inner_(inner) {}
  void name(net::Endpoint actual, net::Endpoint captured) {
    captured_[actual] = captured;
    actual_[captured] = actual;
  }

  std::span<net::Datagram> receive() {
    const std::span<net::Datagram> burst = inner_.receive();
    for (net::Datagram& datagram : burst) {
      datagram.peer = captured_.at(datagram.peer);
      datagram.received_ns = arrivals.at(received++);
      datagram.received_source = static_cast<std::uint8_t>(proto::TimestampSource::Software);
    }
    return burst;
  }
  std::span<std::byte> reserve() { return inner_.reserve(); }
  void commit(net::Endpoint to, std::size_t size) { inner_.commit(actual_.at(to), size); }
  bool send(net::Endpoint to, Bytes bytes) { return inner_.send(actual_.at(to), bytes); }
  std::size_t send_each(std::span<const net::Endpoint> to, Bytes bytes) {
    std::vector<net::Endpoint> actual;
    for (const net::Endpoint& one : to) actual.push_back(actual_.at(one));
    return inner_.send_each(actual, bytes);
  }
  void flush() { inner_.flush(); }

  std::vector<TimeNs> arrivals;  // of all datagrams sent to it
  std::size_t received = 0;

 private:
  Inner& inner_;
  std::map<net::Endpoint, net::Endpoint> captured_;
  std::map<net::Endpoint, net::Endpoint> actual_;
};

/// After it has been called, what this thread sent over loopback has arrived: on a busy machine the
/// kernel's own thread may deliver later than the call that sends returns. All of it goes through
/// the queue of one processor, in order, and a datagram of the fence's own behind it.
class LoopbackFence {
 public:
  LoopbackFence() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    SAKER_ASSERT(::sched_getaffinity(0, sizeof(before_), &before_) == 0);
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &here);
    SAKER_ASSERT(::sched_setaffinity(0, sizeof(here), &here) == 0);
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(self);
    auto* address = reinterpret_cast<sockaddr*>(&self);
    SAKER_ASSERT(::bind(socket_, address, size) == 0);
    SAKER_ASSERT(::getsockname(socket_, address, &size) == 0);
    SAKER_ASSERT(::connect(socket_, address, size) == 0);
  }
  ~LoopbackFence() {
    ::close(socket_);
    ::sched_setaffinity(0, sizeof(before_), &before_);
  }
  LoopbackFence(const LoopbackFence&) = delete;
  LoopbackFence& operator=(const LoopbackFence&) = delete;

  void operator()() const {
    char byte = 0;
    SAKER_ASSERT(::send(socket_, &byte, 1, 0) == 1 && ::recv(socket_, &byte, 1, 0) == 1);
  }

 private:
  const int socket_;
  cpu_set_t before_;
};

/// An engine in memory as in World, but with a real transport, and the peers at its other end.
template <net::Transport T>
class Replay {
 public:
  using Port = Injected<T>;
  using Exchange = Engine<Port, TestLog, ManualClock>;

  /// `open_peer` makes the transport of the peer with this name; `arrive` returns when all that
  /// was sent has arrived.
  template <class OpenPeer>
  Replay(const Capture& capture, T& transport, OpenPeer&& open_peer,
         std::function<void()> arrive = [] {})
      : arrive_(std::move(arrive)), config_(capture.config()), log_config_(capture.log_config()),
        local_(transport.local()), port_(transport) {
    for (const Event& event : capture.events) {
      if (event.kind == Event::Kind::kDatagram) know(event.peer, open_peer);
    }
    for (const auto& [peer, datagrams] : capture.traces.answers) know(peer, open_peer);
    start();
  }

  void play(const std::vector<Event>& events) {
    for (const Event& event : events) {
      clock_.time_ns = event.time_ns;
      if (event.kind == Event::Kind::kDatagram) {
        T& from = *peers_.at(event.peer);
        ASSERT_TRUE(from.send(local_, event.bytes));
        from.flush();
        arrive_();
        port_.arrivals.push_back(event.time_ns);
      } else if (event.kind == Event::Kind::kWriteLog) {
        write_log();
      } else {
        engine_->poll(clock_.now_ns());
        ASSERT_EQ(port_.received, port_.arrivals.size()) << "a datagram was lost or late";
        collect();
      }
    }
  }

  Traces traces() {
    Traces traces;
    traces.log = contents(log_storage_);
    traces.answers = answers_;
    traces.chain_head = core_->chain_head();
    traces.state_hash = core_->state_hash();
    traces.counts = counts_of(engine_->metrics());
    return traces;
  }

 private:
  template <class OpenPeer>
  void know(net::Endpoint captured, OpenPeer& open_peer) {
    std::unique_ptr<T>& peer = peers_[captured];
    if (peer != nullptr) return;
    peer = open_peer(captured);
    SAKER_ASSERT(peer != nullptr);
    port_.name(peer->local(), captured);
  }

  void start() {
    staging_ = std::make_unique<StagingRing>(config_.staging_bytes);
    allocator_ = std::make_unique<TestAllocator>(log_storage_, log_config_, 0);
    log_ = std::make_unique<TestLog>(log_storage_, *allocator_, log_config_, journal::LogState{});
    SAKER_ASSERT(log_->start());
    const Venue venue = parse_venue(kTestVenue, "venue");
    const char* why = nullptr;
    core_ = core::Core::create(venue.genesis, &why);
    engine_ = std::make_unique<Exchange>(*core_, port_, *log_, clock_, *staging_, config_,
                                         secrets_);
    RunStart<Exchange, ManualClock> run(*engine_, *core_, clock_, config_);
    SAKER_ASSERT(run.first(venue, [this] { write_log(); }));
    engine_->poll(clock_.now_ns());
    write_log();
    engine_->poll(clock_.now_ns());
  }
  void write_log() {
    while (allocator_->poll(clock_.now_ns())) {
    }
    while (log_->poll(clock_.now_ns())) {
    }
  }
  /// All that has arrived at the peers; on the way there is no other thread.
  void collect() {
    arrive_();
    for (auto& [name, peer] : peers_) {
      for (auto burst = peer->receive(); !burst.empty(); burst = peer->receive()) {
        for (const net::Datagram& datagram : burst) {
          answers_[name].emplace_back(datagram.data, datagram.data + datagram.size);
        }
      }
    }
  }

  const std::function<void()> arrive_;
  ManualClock clock_{1'700'000'000'000'000'000};
  EngineConfig config_;
  journal::LogConfig log_config_;
  net::Endpoint local_;
  Port port_;
  std::map<net::Endpoint, std::unique_ptr<T>> peers_;
  FakeSecrets secrets_;
  journal::MemoryStorage log_storage_;
  std::unique_ptr<StagingRing> staging_;
  std::unique_ptr<TestAllocator> allocator_;
  std::unique_ptr<TestLog> log_;
  std::unique_ptr<core::Core> core_;
  std::unique_ptr<Exchange> engine_;
  std::map<net::Endpoint, Datagrams> answers_;
};

Traces through_sockets(const Capture& capture, const std::vector<Event>& events) {
  const auto open = [](net::Endpoint) {
    net::UdpConfig config;
    config.bind.address = net::kLoopbackAddress;
    config.burst = kMostAtOnce;
    std::string error;
    auto transport = net::UdpTransport::open(config, error);
    EXPECT_NE(transport, nullptr) << error;
    return transport;
  };
  const auto transport = open({});
  const LoopbackFence fence;
  Replay<net::UdpTransport> replay(capture, *transport, open, [&fence] { fence(); });
  replay.play(events);
  return replay.traces();
}

Traces through_dpdk(const Capture& capture, const std::vector<Event>& events,
                    const std::string& wire) {
  const auto open = [&wire](bool engine, std::uint16_t port) {
    net::DpdkConfig config = net::acquainted_wire_end(wire, engine);
    config.port = port;
    config.burst = config.smallest_burst = kMostAtOnce;
    std::string error;
    auto transport = net::DpdkTransport::open(config, error);
    EXPECT_NE(transport, nullptr) << error;
    return transport;
  };
  const auto transport = open(true, 3'001);
  Replay<net::DpdkTransport> replay(capture, *transport, [&open](net::Endpoint captured) {
    return open(false, captured.port);  // no two of them have the same
  });
  replay.play(events);
  return replay.traces();
}

void expect_same(const Traces& here, const Traces& there, const char* which) {
  SCOPED_TRACE(which);
  EXPECT_EQ(here.chain_head, there.chain_head);
  EXPECT_EQ(here.state_hash, there.state_hash);
  EXPECT_EQ(here.counts, there.counts);
  EXPECT_TRUE(here.log == there.log) << "the log's bytes differ";
  ASSERT_EQ(here.answers.size(), there.answers.size());
  for (const auto& [peer, datagrams] : here.answers) {
    const auto found = there.answers.find(peer);
    ASSERT_NE(found, there.answers.end()) << net::endpoint_text(peer);
    EXPECT_TRUE(datagrams == found->second) << "to " << net::endpoint_text(peer);
  }
}

class Equivalence : public ::testing::TestWithParam<proto::CommitPolicy> {};

TEST_P(Equivalence, SocketsAndDpdkGiveTheSameLogStateAndAnswers) {
  Capture capture(GetParam());
  capture.run();
  const Metrics& metrics = *capture.metrics;
  // The traffic has something of everything, or the test says less than it seems to.
#define SAKER_HAPPENED(what) EXPECT_GT(metrics.what, 0u) << #what
  SAKER_HAPPENED(orders);
  SAKER_HAPPENED(fills);
  SAKER_HAPPENED(rejects);
  SAKER_HAPPENED(decisions);
  SAKER_HAPPENED(busy_window);
  SAKER_HAPPENED(logoffs);
  SAKER_HAPPENED(timeouts);
  SAKER_HAPPENED(continues);
  SAKER_HAPPENED(heartbeats_sent);
  SAKER_HAPPENED(feed_packets);
  SAKER_HAPPENED(dropped(Drop::bad_magic));
  SAKER_HAPPENED(dropped(Drop::bad_tag));
  SAKER_HAPPENED(dropped(Drop::wrong_address));
  SAKER_HAPPENED(dropped(Drop::malformed));
#undef SAKER_HAPPENED
  EXPECT_EQ(capture.traces.answers.size(), 4u) << "two traders, feed lines A and B";
  expect_same(capture.traces, through_sockets(capture, capture.events), "sockets");
  const std::string wire = GetParam() == proto::CommitPolicy::Disk ? "disk" : "memory";
  expect_same(capture.traces, through_dpdk(capture, capture.events, wire), "DPDK");
}

/// One datagram less is seen in all of them: the comparison can fail.
TEST(EquivalenceItself, SeesADatagramThatIsMissing) {
  Capture capture(proto::CommitPolicy::Memory);
  capture.run();
  std::vector<Event> fewer = capture.events;
  const auto last_order = std::find_if(fewer.rbegin(), fewer.rend(), [](const Event& event) {
    return event.kind == Event::Kind::kDatagram && event.bytes.size() == 112;
  });
  ASSERT_NE(last_order, fewer.rend());
  fewer.erase(std::next(last_order).base());
  const Traces traces = through_dpdk(capture, fewer, "fewer");
  EXPECT_NE(traces.chain_head, capture.traces.chain_head);
  EXPECT_FALSE(traces.state_hash == capture.traces.state_hash);
  EXPECT_FALSE(traces.log == capture.traces.log);
  EXPECT_FALSE(traces.answers == capture.traces.answers);
}

INSTANTIATE_TEST_SUITE_P(Policies, Equivalence,
                         ::testing::Values(proto::CommitPolicy::Memory,
                                           proto::CommitPolicy::Disk),
                         [](const auto& info) {
                           return info.param == proto::CommitPolicy::Disk ? "Disk" : "Memory";
                         });

}  // namespace
}  // namespace saker::engine::testing
