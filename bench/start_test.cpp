// How a benchmark's processes and sessions start on a machine that has no time for them.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <vector>

#include "bench/log_on.hpp"
#include "bench/work.hpp"
#include "bench/worker.hpp"

namespace saker::bench {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

/// Logged on `takes_ns` after its start, and off again when nobody has polled it for 5 s.
struct SlowMember {
  std::uint64_t takes_ns = 0;
  TimeNs started_ns = 0;
  TimeNs polled_ns = 0;
  bool up = false;
  bool lost = false;

  void start(TimeNs now_ns) { started_ns = polled_ns = now_ns; }
  void poll(TimeNs now_ns) {
    lost |= up && now_ns - polled_ns > 5 * kSecondNs;
    polled_ns = now_ns;
    up |= now_ns - started_ns >= takes_ns;
  }
  bool logged_on() const { return up; }
};

TEST(LogOn, TakesAsLongAsItTakesAndKeepsThoseThatAreOn) {
  std::vector<SlowMember> members(200, SlowMember{.takes_ns = 5 * kSecondNs});
  ManualClock clock{1'000 * kSecondNs};
  ASSERT_TRUE(log_on_all(members, clock, [&] { clock.time_ns += 10'000'000; }));
  EXPECT_GT(clock.time_ns, 1'060 * kSecondNs) << "or nothing is tested";
  for (SlowMember& member : members) {
    member.poll(clock.time_ns);
    EXPECT_FALSE(member.lost);
  }
}

TEST(LogOn, EndsWhenNobodyElseIsLetIn) {
  std::vector<SlowMember> members(40);
  members[30].takes_ns = 1'000'000 * kSecondNs;
  ManualClock clock{1'000 * kSecondNs};
  EXPECT_FALSE(log_on_all(members, clock, [&] { clock.time_ns += 10'000'000; }));
  EXPECT_TRUE(members[29].up);
}

TEST(Worker, ReadyAndThenOnePhaseAfterAnother) {
  Worker worker;
  std::string error;
  const auto life = [](WorkerShared& shared, int fd) {
    answer(fd, 'D');
    for (char word = 0; ::read(fd, &word, 1) == 1;) {
      shared.result.answered = shared.request.seed - 1;  // nothing, when asked as usual
      answer(fd, 'D');
    }
  };
  ASSERT_TRUE(worker.start(life, error)) << error;
  PhaseRequest request;
  std::uint64_t tries = 0;
  const auto worth_waiting = [&tries] { return ++tries < 3; };
  EXPECT_FALSE(wait_for_other_end(worker, worth_waiting, error));
  EXPECT_EQ(tries, 3u);
  EXPECT_EQ(error, "the other end does not answer");
  request.seed = 7;
  ASSERT_TRUE(worker.run(request, error)) << error;
  EXPECT_EQ(worker.result().answered, 6u);
}

TEST(Worker, OneThatCannotStartSaysWhy) {
  Worker worker;
  std::string error;
  const auto life = [](WorkerShared& shared, int fd) { fail(shared, fd, "no such card"); };
  EXPECT_FALSE(worker.start(life, error));
  EXPECT_EQ(error, "no such card");
}

TEST(Worker, OneThatDiesIsNotWaitedFor) {
  std::string error;
  Worker killed;
  EXPECT_FALSE(killed.start([](WorkerShared&, int) { ::raise(SIGKILL); }, error));
  EXPECT_EQ(error, "a worker was ended by signal 9");
  Worker left;
  EXPECT_FALSE(left.start([](WorkerShared&, int) { ::_exit(3); }, error));
  EXPECT_EQ(error, "a worker ended by itself, status 3");
  Worker later;
  ASSERT_TRUE(later.start([](WorkerShared&, int fd) { answer(fd, 'D'); }, error)) << error;
  EXPECT_FALSE(later.run({}, error));
  EXPECT_EQ(error, "a worker ended by itself, status 0");
}

}  // namespace
}  // namespace saker::bench
