// The transport over real DPDK devices: in-process wires (net_ring) and memif, both ends in this
// process, in plain memory and as any user.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "common/allocation_count.hpp"
#include "net/dpdk/test_wire.hpp"
#include "net/endpoint.hpp"

namespace saker::net {
namespace {

using namespace saker::net::testing;

TEST(DpdkTransport, SaysWhatItIs) {
  Pair pair = open_wire("plan");
  ASSERT_TRUE(pair.a && pair.b);
  EXPECT_EQ(pair.a->driver(), "net_ring");
  EXPECT_EQ(pair.a->pci_address(), "");
  EXPECT_EQ(endpoint_text(pair.a->local()), "10.0.0.1:3000");
  EXPECT_EQ(mac_text(pair.a->mac()), "02:53:0a:00:00:01");
  std::string plan;
  for (const std::string& line : pair.a->plan()) plan += line + "\n";
  EXPECT_NE(plan.find("driver net_ring"), std::string::npos) << plan;
  EXPECT_NE(plan.find("256 MiB of plain memory"), std::string::npos) << plan;
}

TEST(DpdkTransport, BothDirectionsWithAddressesAskedFor) {
  Pair pair = open_wire("both");
  ASSERT_TRUE(pair.a && pair.b);
  constexpr TimeNs kClocksAgree = 1'000'000;  // the time-stamp counter's clock and the kernel's
  const TimeNs sent_ns = UtcClock().now_ns();
  ASSERT_TRUE(pair.a->send(kB, text("hello")));
  pair.a->flush();
  auto got = pair.await_at_b();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "hello");
  EXPECT_EQ(got[0].peer, kA);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got[0].data) % 8, 0u);
  EXPECT_EQ(got[0].received_source, 4);
  EXPECT_GE(got[0].received_ns + kClocksAgree, sent_ns);
  EXPECT_LE(got[0].received_ns, UtcClock().now_ns() + kClocksAgree);
  ASSERT_TRUE(pair.b->send(got[0].peer, text("and back")));
  pair.b->flush();
  got = pair.await_at_a();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "and back");
  EXPECT_EQ(pair.a->counters().arp_requests, 1u);
  EXPECT_EQ(pair.a->counters().arp_waiting, 1u);
  EXPECT_EQ(pair.b->counters().arp_replies, 1u);
}

TEST(DpdkTransport, EverySizeArrivesUnchanged) {
  Pair pair = open_static("sizes");
  for (const std::size_t size : {0u, 1u, 17u, 18u, 63u, 64u, 500u, 1'399u, 1'400u}) {
    std::vector<std::byte> sent(size);
    for (std::size_t i = 0; i < size; ++i) sent[i] = static_cast<std::byte>(i * 13 + size);
    const std::span<std::byte> into = pair.a->reserve();
    ASSERT_GE(into.size(), kMaxDatagram);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(into.data()) % 64, 0u);
    EXPECT_EQ(pair.a->reserve().data(), into.data());
    if (size > 0) std::memcpy(into.data(), sent.data(), size);
    pair.a->commit(kB, size);
    pair.a->flush();
    const auto got = pair.await_at_b();
    ASSERT_EQ(got.size(), 1u) << size;
    EXPECT_EQ(Bytes(got[0].data, got[0].size).size(), size);
    EXPECT_TRUE(std::equal(sent.begin(), sent.end(), got[0].data));
  }
}

TEST(DpdkTransport, TaggedFrames) {
  Pair pair = open_static("tagged", [](DpdkConfig& config) {
    config.vlan = 42;
    config.vlan_priority = 5;
  });
  ASSERT_TRUE(pair.a->send(kB, text("with a tag")));
  pair.a->flush();
  const auto got = pair.await_at_b();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "with a tag");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got[0].data) % 8, 0u);
}

TEST(DpdkTransport, BurstsGrowUnderBacklogAndKeepTheOrder) {
  Pair pair = open_static("bursts");
  constexpr std::uint32_t kCount = 400;
  for (std::uint32_t i = 0; i < kCount; ++i) ASSERT_TRUE(pair.a->send(kB, bytes_of(i)));
  pair.a->flush();
  std::uint32_t next = 0;
  std::size_t largest = 0;
  std::size_t first = 0;
  for (int polls = 0; polls < 1'000 && next < kCount; ++polls) {
    const auto got = pair.b->receive();
    if (first == 0) first = got.size();
    largest = std::max(largest, got.size());
    for (const Datagram& datagram : got) {
      ASSERT_EQ(read_as<std::uint32_t>({datagram.data, datagram.size}), next++);
    }
  }
  EXPECT_EQ(next, kCount);
  EXPECT_EQ(first, 8u);     // the smallest
  EXPECT_EQ(largest, 64u);  // the largest
  EXPECT_EQ(pair.b->counters().received, kCount);
  EXPECT_GE(pair.b->counters().full_bursts, 5u);
}

TEST(DpdkTransport, AFullDriverIsCountedAndRecovers) {
  Pair pair = open_static("full");
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 3'000; ++i) {
    (pair.a->send(kB, text("x")) ? taken : refused) += 1;
  }
  pair.a->flush();
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(pair.a->counters().send_dropped, refused);
  EXPECT_GT(pair.a->counters().send_full, 0u);
  std::size_t arrived = 0;
  for (int polls = 0; polls < 2'000; ++polls) {
    arrived += pair.b->receive().size();
    pair.a->flush();
  }
  EXPECT_EQ(arrived, taken);  // what was taken is not lost
  ASSERT_TRUE(pair.a->send(kB, text("again")));
}

TEST(DpdkTransport, OnePayloadForManyReceivers) {
  Pair pair = open_static("fanout");
  const std::vector<std::byte> payload(300, std::byte{0x5A});
  std::vector<Endpoint> to(5, kB);
  to[3] = {kB.address, 4'001};  // nobody there
  to.push_back({0x0B000001, 1});  // and no way there
  EXPECT_EQ(pair.a->send_each(to, payload), 5u);
  EXPECT_EQ(pair.a->counters().shared_payloads, 5u);
  EXPECT_EQ(pair.a->counters().send_errors, 1u);
  pair.a->flush();
  std::size_t arrived = 0;
  for (int polls = 0; polls < 20; ++polls) {
    for (const Datagram& datagram : pair.b->receive()) {
      EXPECT_TRUE(std::equal(payload.begin(), payload.end(), datagram.data));
      datagram.data[0] = std::byte{0};  // ours to write to, whoever else has got it
      ++arrived;
    }
  }
  EXPECT_EQ(arrived, 4u);
  EXPECT_EQ(pair.b->dropped(FrameDrop::wrong_port), 1u);
  // Short ones are copied.
  EXPECT_EQ(pair.a->send_each(std::span(to).first(2), text("short")), 2u);
  EXPECT_EQ(pair.a->counters().shared_payloads, 5u);
}

TEST(DpdkTransport, GroupsReachThoseWhoJoined) {
  constexpr std::uint32_t kGroup = 0xEF010101;
  Pair pair = open_static("group");
  DpdkConfig config = wire_config("group", false);
  config.port = 3'100;
  config.join_group = kGroup;
  auto listener = open(config);
  ASSERT_NE(listener, nullptr);
  EXPECT_TRUE(pair.a->send({kGroup, 3'100}, text("to all")));
  EXPECT_TRUE(pair.a->send({kGroup + 1, 3'100}, text("to others")));
  EXPECT_TRUE(pair.a->send(kB, text("to one")));
  pair.a->flush();
  const auto got = pair.await(*listener, *pair.a);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "to all");
  const auto own = pair.await_at_b();  // the same device, another port
  ASSERT_EQ(own.size(), 1u);
  EXPECT_EQ(text_of(own[0]), "to one");
  EXPECT_EQ(pair.b->dropped(FrameDrop::wrong_address), 1u);
  // Switches are told, once for a while.
  for (int i = 0; i < 3; ++i) {
    listener->control_poll();
    listener->receive();
  }
  EXPECT_EQ(listener->counters().group_reports, 1u);
  pair.a->receive();
  EXPECT_EQ(pair.a->dropped(FrameDrop::ip_options), 1u);  // a report has one
}

TEST(DpdkTransport, SeveralTransportsShareADevice) {
  Pair pair = open_static("share");
  std::string error;
  DpdkConfig config = wire_config("share", false);
  EXPECT_EQ(DpdkTransport::open(config, error), nullptr);
  EXPECT_NE(error.find("port 4000 has a transport"), std::string::npos) << error;
  config.port = 0;
  auto any = open(config);
  ASSERT_NE(any, nullptr);
  EXPECT_GE(any->local().port, 32'768);
  config.address += 1;
  EXPECT_EQ(DpdkTransport::open(config, error), nullptr);
  ASSERT_TRUE(pair.a->send(any->local(), text("any")));
  ASSERT_TRUE(any->send(kA, text("mine")));
  pair.a->flush();
  any->flush();
  EXPECT_TRUE(pair.b->receive().empty());  // polls the device for both
  auto got = any->receive();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "any");
  got = pair.await_at_a();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].peer, any->local());
}

TEST(DpdkTransport, OnlyAllowedPeersAreHeard) {
  Pair pair = open_static("allow", [](DpdkConfig& config) {
    if (config.address == kB.address) config.allow = {{0x0A000009, 0xFFFFFFFF}};
  });
  EXPECT_FALSE(pair.b->notes().empty());  // this card cannot do it
  ASSERT_TRUE(pair.a->send(kB, text("let me in")));
  pair.a->flush();
  pair.b->receive();
  EXPECT_EQ(pair.b->dropped(FrameDrop::not_allowed), 1u);
  EXPECT_EQ(pair.b->counters().received, 0u);
}

TEST(DpdkTransport, NobodyThereIsGivenUp) {
  Pair pair = open_wire("nobody");
  pair.a->control_poll();
  pair.a->receive();  // the link is up: our own address is announced
  EXPECT_EQ(pair.a->counters().arp_requests, 1u);
  const TimeNs sent_ns = MonotonicClock().now_ns();
  ASSERT_TRUE(pair.a->send({kA.address + 77, 1}, text("anybody?")));
  EXPECT_EQ(pair.a->counters().arp_requests, 2u);
  TimeNs asked_ns = MonotonicClock().now_ns();
  std::uint64_t asked = 2;
  while (pair.a->counters().send_errors == 0) {
    ASSERT_LT(MonotonicClock().now_ns() - sent_ns, 20'000'000'000u);
    ::usleep(20'000);
    const TimeNs before_ns = MonotonicClock().now_ns();
    pair.a->control_poll();
    pair.a->receive();
    const std::uint64_t now_asked = pair.a->counters().arp_requests;
    // Asked again when it is due, as long as the datagram waits, which it still does afterwards.
    const bool due = before_ns - asked_ns >= 260'000'000 && pair.a->counters().send_errors == 0;
    if (due) { ASSERT_EQ(now_asked, asked + 1); }
    if (now_asked > asked) asked_ns = MonotonicClock().now_ns();
    asked = now_asked;
  }
  EXPECT_GE(MonotonicClock().now_ns() - sent_ns, 1'000'000'000u);
}

TEST(DpdkTransport, AnAddressThatMovesToAnotherCardIsFollowed) {
  Pair pair = open_wire("moves");
  ASSERT_TRUE(pair.a->send(kB, text("to the first")));
  pair.a->flush();
  ASSERT_EQ(pair.await_at_b().size(), 1u);
  pair.b.reset();
  DpdkConfig other = wire_config("moves", false);
  other.mac = {{0x02, 0, 0, 0, 0, 0x77}};
  pair.b = open(other);
  ASSERT_NE(pair.b, nullptr);
  pair.b->control_poll();
  pair.b->receive();  // announces itself
  pair.a->receive();
  EXPECT_EQ(pair.a->counters().arp_resolved, 2u);
  ASSERT_TRUE(pair.a->send(kB, text("to the second")));
  pair.a->flush();
  const auto got = pair.await_at_b();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "to the second");
}

TEST(DpdkTransport, AnnouncesItselfAtTheStartAndNowAndThen) {
  constexpr std::uint64_t kEveryNs = 10'000'000;
  constexpr std::uint64_t kWanted = 5;
  Pair pair = open_static("announces", [](DpdkConfig& config) { config.announce_ns = kEveryNs; });
  const TimeNs start_ns = MonotonicClock().now_ns();
  const auto heard = [&] {
    pair.b->receive();
    return pair.b->dropped(FrameDrop::arp_not_ours);
  };
  pair.a->control_poll();
  pair.a->receive();
  EXPECT_EQ(heard(), 1u) << "at the start";
  while (heard() < kWanted && MonotonicClock().now_ns() - start_ns < 40'000'000'000) {
    pair.a->control_poll();
    pair.a->receive();
  }
  // The transport's clock and ours are not quite the same; at each poll it would be microseconds.
  EXPECT_GE(MonotonicClock().now_ns() - start_ns, (kWanted - 1) * kEveryNs / 2) << "no more often";
  EXPECT_EQ(heard(), kWanted);
  EXPECT_EQ(pair.a->counters().announcements, kWanted);
}

TEST(DpdkTransport, AnnouncesItselfAfterAResetInAnyCase) {
  Pair pair = open_static("announced", [](DpdkConfig& config) { config.announce_ns = 0; });
  for (int polls = 0; polls < 10; ++polls) {
    pair.a->control_poll();
    pair.a->receive();
  }
  EXPECT_EQ(pair.a->counters().announcements, 1u);
  std::atomic<bool> stop{false};
  pair.a->request_reset();
  std::thread control([&] {
    while (!stop) pair.a->control_poll();
  });
  while (pair.a->counters().resets == 0) pair.a->receive();
  stop = true;
  control.join();
  pair.a->control_poll();
  pair.a->receive();
  EXPECT_EQ(pair.a->counters().announcements, 2u);
  pair.b->receive();
  EXPECT_EQ(pair.b->dropped(FrameDrop::arp_not_ours), 2u);
}

TEST(DpdkTransport, SurvivesAResetOfTheCard) {
  Pair pair = open_static("reset");
  ASSERT_TRUE(pair.a->send(kB, text("before")));
  pair.a->flush();
  EXPECT_EQ(pair.await_at_b().size(), 1u);
  const std::span<std::byte> kept = pair.a->reserve();
  std::atomic<bool> stop{false};
  std::thread control([&] {
    pair.a->request_reset();
    while (!stop) pair.a->control_poll();
  });
  while (pair.a->counters().resets == 0) {
    pair.a->receive();
    pair.a->flush();
  }
  stop = true;
  control.join();
  EXPECT_EQ(pair.a->counters().resets, 1u);
  EXPECT_GT(pair.a->counters().quiet_polls, 0u);
  EXPECT_EQ(pair.a->reserve().data(), kept.data());
  ASSERT_TRUE(pair.b->send(kA, text("still there?")));
  pair.b->flush();
  auto got = pair.await_at_a();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "still there?");
  ASSERT_TRUE(pair.a->send(kB, text("yes")));
  pair.a->flush();
  EXPECT_EQ(pair.await_at_b().size(), 1u);
}

TEST(DpdkTransport, ManyResetsUnderTrafficLoseWhatWasOnTheWayAtMost) {
  Pair pair = open_static("resets");
  std::atomic<bool> stop{false};
  std::thread control([&] {
    while (!stop) {
      pair.a->request_reset();
      pair.a->control_poll();
      pair.b->control_poll();
    }
  });
  std::uint64_t sent = 0;
  std::uint64_t arrived = 0;
  std::uint32_t next = 0;
  const TimeNs start_ns = MonotonicClock().now_ns();
  while (pair.a->counters().resets < 5 && MonotonicClock().now_ns() - start_ns < 40'000'000'000) {
    sent += pair.b->send(kA, bytes_of(next++)) ? 1 : 0;
    pair.b->flush();
    std::uint32_t before = 0;
    for (const Datagram& datagram : pair.a->receive()) {
      const auto number = read_as<std::uint32_t>({datagram.data, datagram.size});
      EXPECT_GE(number, before);
      before = number;
      ++arrived;
    }
    pair.b->receive();
  }
  stop = true;
  control.join();
  EXPECT_GE(pair.a->counters().resets, 5u);
  for (int i = 0; i < 4; ++i) {  // one that was asked for last may still be under way
    pair.a->control_poll();
    arrived += pair.a->receive().size();
  }
  while (true) {
    const auto got = pair.await_at_a();
    if (got.empty()) break;
    arrived += got.size();
  }
  EXPECT_GT(arrived, 0u);
  EXPECT_LE(arrived, sent);
  ASSERT_TRUE(pair.b->send(kA, text("still here")));
  pair.b->flush();
  EXPECT_EQ(pair.await_at_a().size(), 1u);
}

TEST(DpdkTransport, OneThreadMayBeOwnerAndControl) {
  Pair pair = open_static("alone");
  pair.a->request_reset();
  for (int i = 0; i < 4; ++i) {
    pair.a->control_poll();
    pair.a->receive();
  }
  EXPECT_EQ(pair.a->counters().resets, 1u);
  ASSERT_TRUE(pair.a->send(kB, text("alive")));
  pair.a->flush();
  EXPECT_EQ(pair.await_at_b().size(), 1u);
}

TEST(DpdkTransport, NothingIsAllocatedOnceItRuns) {
  Pair pair = open_static("allocations");
  const std::vector<std::byte> payload(200);
  const Endpoint both[] = {kB, kB};
  const auto round = [&] {
    pair.a->send(kB, payload);
    pair.a->send_each(both, payload);
    pair.a->flush();
    std::size_t got = pair.b->receive().size();
    if (std::span<std::byte> into = pair.b->reserve(); !into.empty()) pair.b->commit(kA, 64);
    pair.b->flush();
    got += pair.a->receive().size();
    return got;
  };
  round();
  const std::uint64_t before = allocations();
  std::size_t got = 0;
  for (int i = 0; i < 5'000; ++i) got += round();
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(got, 4u * 5'000);
}

TEST(DpdkTransport, WaitingNapsOnlyWhereItMay) {
  Pair pair = open_static("wait", [](DpdkConfig& config) {
    config.one_core = config.address == kB.address;
  });
  EXPECT_TRUE(pair.a->wait(1'000'000'000));
  EXPECT_EQ(pair.a->counters().waits, 0u);
  const TimeNs start_ns = MonotonicClock().now_ns();
  EXPECT_FALSE(pair.b->wait(2'000'000));
  EXPECT_GE(MonotonicClock().now_ns() - start_ns, 2'000'000u);
  ASSERT_TRUE(pair.a->send(kB, text("wake up")));
  pair.a->flush();
  EXPECT_TRUE(pair.b->wait(1'000'000'000));
  EXPECT_EQ(pair.b->receive().size(), 1u);
  EXPECT_EQ(pair.b->counters().waits, 2u);
}

TEST(DpdkTransport, BothEndsOfAMemif) {
  const std::string socket = "/tmp/saker_memif_" + std::to_string(::getpid());
  const std::string tail = ",id=0,socket-abstract=no,socket=" + socket;
  DpdkConfig server = wire_config("", true);
  server.device = "net_memif0,role=server" + tail;
  server.mac = {{0x02, 0x53, 10, 0, 0, 1}};
  DpdkConfig client = wire_config("", false);
  client.device = "net_memif1,role=client" + tail;
  client.mac = {{0x02, 0x53, 10, 0, 0, 2}};
  Pair pair;
  pair.a = open(server);
  EXPECT_NE(pair.a, nullptr);
  pair.b = open(client);
  ASSERT_TRUE(pair.a && pair.b);
  for (int tries = 0; tries < 2'000 && !(pair.a->link_up() && pair.b->link_up()); ++tries) {
    ::usleep(10'000);
    pair.a->control_poll();
    pair.b->control_poll();
  }
  ASSERT_TRUE(pair.a->link_up() && pair.b->link_up());
  EXPECT_EQ(pair.a->counters().link_changes, 1u);
  std::vector<std::byte> payload(1'400, std::byte{7});
  const Endpoint both[] = {kA, kA};
  EXPECT_EQ(pair.b->send_each(both, payload), 2u);
  pair.b->flush();
  std::size_t arrived = 0;
  for (int tries = 0; tries < 10'000 && arrived < 2; ++tries) {
    for (const Datagram& datagram : pair.await_at_a()) {
      ++arrived;
      ASSERT_EQ(datagram.size, 1'400u);
      EXPECT_TRUE(std::equal(payload.begin(), payload.end(), datagram.data));
    }
  }
  EXPECT_EQ(arrived, 2u);
  // The other end goes away and comes back.
  pair.b.reset();
  for (int tries = 0; tries < 2'000 && pair.a->link_up(); ++tries) {
    ::usleep(10'000);
    pair.a->control_poll();
  }
  EXPECT_FALSE(pair.a->link_up());
  pair.a->send(kB, text("into the void"));
  pair.a->flush();
  pair.b = open(client);
  ASSERT_NE(pair.b, nullptr);
  for (int tries = 0; tries < 2'000 && !pair.a->link_up(); ++tries) {
    ::usleep(10'000);
    pair.a->control_poll();
  }
  ASSERT_TRUE(pair.a->link_up());
  ASSERT_TRUE(pair.b->send(kA, text("back again")));
  pair.b->flush();
  const auto got = pair.await_at_a();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "back again");
}

TEST(DpdkTransport, SeveralQueuesSpreadByRss) {
  // A card that receives zeros without end, on every queue.
  DpdkConfig config = wire_config("", true);
  config.device = "net_null0,size=64";
  config.queues = 4;
  config.order_queue = 2;
  auto transport = open(config);
  ASSERT_NE(transport, nullptr);
  const RssPlan& rss = transport->rss();
  EXPECT_EQ(rss.key, kMicrosoftRssKey);
  ASSERT_EQ(rss.table.size(), 128u);
  EXPECT_EQ(rss.table[6], 2);
  EXPECT_EQ(std::count(rss.table.begin(), rss.table.end(), 2), 32);
  for (int polls = 0; polls < 80; ++polls) EXPECT_TRUE(transport->receive().empty());
  // 8, 16, 32, then 64 of the order queue each time; 16 of each other queue every eighth time.
  EXPECT_EQ(transport->counters().frames, 8u + 16 + 32 + 77 * 64 + 10 * 3 * 16);
  EXPECT_EQ(transport->dropped(FrameDrop::wrong_mac), transport->counters().frames);
  config.queues = 1;
  config.order_queue = 0;
  config.device = "net_null1,no-rx=1";
  auto single = open(config);
  ASSERT_NE(single, nullptr);
  EXPECT_EQ(single->rss().queue_of(kB, kA), 0);
}

TEST(DpdkTransport, WhatCannotBeOpenedSaysWhy) {
  const std::pair<const char*, const char*> faults[] = {
      {"net_memif9,role=emperor", "net_memif9"},
      {"no_such_driver0", "no_such_driver0"},
      {"ring::a", "ring::a"},
      {"0000:00:1f.7", "without the PCI bus"},
  };
  for (const auto& [device, part] : faults) {
    DpdkConfig config = wire_config("", true);
    config.device = device;
    std::string error;
    EXPECT_EQ(DpdkTransport::open(config, error), nullptr) << device;
    EXPECT_NE(error.find(part), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace saker::net
