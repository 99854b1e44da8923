#include "tests/dpdk/session_cost.hpp"

#include <algorithm>

#include "common/clock.hpp"
#include "engine/test_world.hpp"

namespace saker::tests {

namespace {

using engine::Drop;
using engine::testing::TestClient;
using engine::testing::World;
using Bytes_ = std::vector<std::byte>;

constexpr std::size_t kAtOnce = 32;
constexpr std::size_t kCostRounds = 25;

/// A venue in which session 2 trades, and what it sent.
struct Victim {
  World world;
  TestClient client{world, 2};
  Bytes_ sent;

  Victim() {
    world.start();
    world.network.on_deliver = [this](net::Endpoint, Bytes bytes) {
      sent.assign(bytes.begin(), bytes.end());
    };
    client.logon();
  }
  Bytes_ order() {
    proto::NewOrder order(client.next_sequence, 2'400, 1, 0, 2, 1, proto::Side::Buy,
                          proto::OrderType::Limit, proto::TimeInForce::GoodTillCancel,
                          proto::SelfTradePrevention::CancelTaker, 0);
    client.send(proto::CommandKind::NewOrder, order);
    const Bytes_ bytes = sent;
    world.commit();
    return bytes;
  }
  Bytes_ heartbeat() {
    client.heartbeat();
    const Bytes_ bytes = sent;
    world.commit();
    return bytes;
  }
};

double round_cost(Victim& victim, const Bytes_& bytes, std::size_t datagrams) {
  const MonotonicClock clock;
  std::uint64_t spent_ns = 0;
  for (std::size_t done = 0; done < datagrams; done += kAtOnce) {
    victim.world.network.clear();
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      victim.world.network.deliver(victim.client.peer, bytes, victim.world.clock.now_ns());
    }
    const TimeNs start_ns = clock.now_ns();
    victim.world.poll();
    spent_ns += clock.now_ns() - start_ns;
    victim.world.commit();  // what is answered leaves
  }
  return static_cast<double>(spent_ns) / static_cast<double>(datagrams);
}

}  // namespace

std::vector<SessionCost> session_costs(std::size_t datagrams) {
  datagrams = datagrams / kAtOnce * kAtOnce;
  Victim victim;
  const Bytes_ old_order = victim.order();
  victim.client.logon();
  const Bytes_ order = victim.order();
  const Bytes_ heartbeat = victim.heartbeat();
  Bytes_ forged = order;
  forged[offsetof(proto::Prefix, tag)] ^= std::byte{1};

  victim.world.network.on_deliver = {};
  std::vector<SessionCost> costs;
  const auto measure = [&](const char* kind, const Bytes_& bytes, auto count, bool dropped) {
    const std::uint64_t before = count();
    const Sequence applied = victim.world.core->sequence();
    std::array<double, kCostRounds> rounds{};
    for (double& round : rounds) round = round_cost(victim, bytes, datagrams);
    std::sort(rounds.begin(), rounds.end());
    costs.push_back({kind, rounds.front(), rounds[kCostRounds / 2], dropped,
                     count() - before == datagrams * kCostRounds &&
                         victim.world.core->sequence() == applied});
  };
  const auto bad_tags = [&] { return victim.world.dropped(Drop::bad_tag); };
  measure("forged", forged, bad_tags, true);
  measure("replayed_old", old_order, bad_tags, true);
  measure("replayed_beat", heartbeat, [&] { return victim.world.dropped(Drop::replayed); }, true);
  // Answered with its decision while its quota of answers lasts, as a resend is.
  const auto answered = [&] {
    return victim.world.engine->metrics().decisions +
           victim.world.dropped(Drop::answer_limited);
  };
  measure("replayed", order, answered, false);
  return costs;
}

}  // namespace saker::tests
