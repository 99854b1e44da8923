// A follower that lives through many inputs, asked by sessions that may be anything.
#include "common/fuzz.hpp"
#include "engine/follower/state_fuzz.hpp"
#include "engine/follower/test_follower.hpp"

namespace saker::follower {

namespace {

class Exercise {
 public:
  Exercise() {
    for (TestClient& client : clients_) SAKER_ASSERT(client.log_on());
  }

  void run(FuzzInput& input) {
    while (!input.empty()) step(input);
    follower_->run();
    for (TestClient& client : clients_) client.take();
    SAKER_ASSERT(follower_->process.problem().empty());
    // Whoever a stranger says to be, nothing larger than its own goes out to it.
    for (const auto& packet : follower_->wire.sent) {
      SAKER_ASSERT(packet.peer != kStranger || packet.bytes.size() <= asked_);
    }
    follower_->wire.sent.clear();
    asked_ = 0;
  }
  /// It still answers.
  void check() {
    follower_->clock.time_ns += 10'000'000'000;
    proto::QueryReply reply;
    SAKER_ASSERT(clients_[0].log_on());
    SAKER_ASSERT(clients_[0].ask(proto::QueryKind::Markets, query_of(0), reply));
    SAKER_ASSERT(reply.header->status() == proto::QueryStatus::Ok);
  }

 private:
  static constexpr net::Endpoint kStranger{0x0A0000FF, 9};

  void step(FuzzInput& input) {
    TestClient& client = clients_[input.byte() % clients_.size()];
    switch (input.byte() % 8) {
      case 0: return stranger(input);
      case 1: return changed(client, input);
      case 2: return log_on_again(client, input);
      case 3:
        follower_->clock.time_ns += input.byte() * 5'000'000ull;
        follower_->run(1'000);
        for (TestClient& one : clients_) one.take();
        return;
      default: return ask(client, input);
    }
  }
  void stranger(FuzzInput& input) {
    const std::string bytes = input.text(input.byte() * 6u);
    asked_ = std::max(asked_, bytes.size());
    follower_->wire.in.push_back({kStranger, bytes_of(bytes)});
  }
  /// Under a good tag, any numbers: mostly small ones, so that they name something.
  void ask(TestClient& client, FuzzInput& input) {
    const auto number = [&input]() -> std::uint64_t {
      const std::uint8_t shape = input.byte();
      return shape < 200 ? shape : input.take<std::uint64_t>();
    };
    proto::Query query;
    const auto kind = static_cast<proto::QueryKind>(input.byte() % 14);
    query.mutate_subject(static_cast<std::uint32_t>(number()));
    query.mutate_from(number());
    query.mutate_to(number());
    query.mutate_at_least(number());
    query.mutate_page(static_cast<std::uint32_t>(number()));
    query.mutate_snapshot(number());
    client.send(kind, query);
  }
  void changed(TestClient& client, FuzzInput& input) {
    ask(client, input);
    auto& bytes = follower_->wire.in.back().bytes;
    bytes[input.byte() % bytes.size()] ^= std::byte{input.byte()};
    if (input.byte() % 4 == 0) bytes.resize(input.byte());
  }
  void log_on_again(TestClient& client, FuzzInput& input) {
    client.set_peer({0x0A000001, static_cast<std::uint16_t>(5'000 + input.byte() % 4)});
    client.log_on();
  }
  static std::vector<std::byte> bytes_of(const std::string& text) {
    const auto* const from = reinterpret_cast<const std::byte*>(text.data());
    return {from, from + text.size()};
  }

  std::unique_ptr<TestFollower> make_follower() {
    venue_.set_up();
    venue_.trade(150);
    auto follower = std::make_unique<TestFollower>(venue_, disks_);
    follower->run();
    SAKER_ASSERT(follower->process.ready());
    return follower;
  }

  TestVenue venue_;
  TestDisks disks_;
  std::unique_ptr<TestFollower> follower_ = make_follower();
  std::array<TestClient, 3> clients_{TestClient{*follower_, 2}, TestClient{*follower_, 3},
                                     TestClient{*follower_, 4}};
  std::size_t asked_ = 0;
};

}  // namespace

void fuzz_query(const std::uint8_t* data, std::size_t size) {
  static std::unique_ptr<Exercise> exercise;
  static std::size_t inputs = 0;
  if (inputs++ % 2'048 == 0) {
    if (exercise != nullptr) exercise->check();
    exercise = std::make_unique<Exercise>();
  }
  FuzzInput input(data, size);
  exercise->run(input);
}

}  // namespace saker::follower

SAKER_FUZZ_TARGET(saker::follower::fuzz_query)
