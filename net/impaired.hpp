// A bad network as a transport: around any other one, it loses, doubles and reorders datagrams of
// both directions, by a seed. For tests; the code above it notices no other difference.
//
// What is held back comes after some of those behind it, or, when nothing comes any more, after a
// number of calls of receive() or flush(), so that nothing is held for ever by who keeps polling.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "net/transport.hpp"

namespace saker::net {

/// Shares of all datagrams, 0..1.
struct Impairment {
  double loss = 0;
  double duplicate = 0;
  double reorder = 0;
};

struct ImpairedConfig {
  std::uint64_t seed = 1;
  Impairment inbound;
  Impairment outbound;
};

struct ImpairedCounters {
  std::uint64_t passed = 0;   // once, in their place
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t reordered = 0;
};

/// What happens to a direction's datagrams, and those it holds back.
class ImpairedDirection {
 public:
  enum class Fate : std::uint8_t { kPass, kLose, kDouble, kHold };

  ImpairedDirection(const Impairment& impairment, std::uint64_t seed)
      : impairment_(impairment), random_(seed * 2 + 1) {}

  /// Decides about the next datagram. Holding needs room: without it, it passes.
  Fate next() {
    if (chance(impairment_.loss)) return ++counters_.lost, Fate::kLose;
    if (chance(impairment_.duplicate)) return ++counters_.doubled, Fate::kDouble;
    if (chance(impairment_.reorder) && find_free() != nullptr) {
      return ++counters_.reordered, Fate::kHold;
    }
    return ++counters_.passed, Fate::kPass;
  }

  void hold(Endpoint peer, std::span<const std::byte> bytes, const Datagram& like = {}) {
    Held* held = find_free();
    SAKER_ASSERT(held != nullptr && bytes.size() <= sizeof held->bytes);
    held->size = bytes.size();
    held->datagram = like;
    held->peer = peer;
    held->after = 1 + static_cast<std::uint32_t>(random() % kFurthest);
    held->turns = kMostTurns;
    std::memcpy(held->bytes, bytes.data(), bytes.size());
    ++holding_;
  }
  /// `passed` datagrams have overtaken what is held, one turn is over; calls let_go(Held&) for each
  /// whose time has come.
  template <class Fn>
  void age(std::uint32_t passed, Fn&& let_go) {
    if (holding_ == 0) return;
    for (Held& held : held_) {
      if (held.size == kFree) continue;
      held.after -= std::min(held.after, passed);
      if (--held.turns != 0 && held.after != 0) continue;
      let_go(held);
      held.size = kFree;
      --holding_;
    }
  }

  bool holding() const { return holding_ > 0; }
  const ImpairedCounters& counters() const { return counters_; }

  static constexpr std::size_t kFree = SIZE_MAX;
  struct alignas(64) Held {
    std::byte bytes[2048];
    std::size_t size = kFree;
    Datagram datagram;
    Endpoint peer;
    std::uint32_t after = 0;  // so many more overtake it ..
    std::uint32_t turns = 0;  // .. or so many more calls
  };

 private:
  static constexpr std::uint32_t kFurthest = 8;
  static constexpr std::uint32_t kMostTurns = 1'000;

  std::uint64_t random() {
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    return random_ * 0x2545F4914F6CDD1Dull;
  }
  bool chance(double p) { return static_cast<double>(random() >> 11) * 0x1.0p-53 < p; }
  Held* find_free() {
    for (Held& held : held_) {
      if (held.size == kFree) return &held;
    }
    return nullptr;
  }

  const Impairment impairment_;
  std::uint64_t random_;
  std::size_t holding_ = 0;
  std::vector<Held> held_ = std::vector<Held>(32);
  ImpairedCounters counters_;
};

template <Transport Inner>
class Impaired {
 public:
  /// `inner` outlives this.
  Impaired(Inner& inner, const ImpairedConfig& config)
      : inner_(inner),
        in_(config.inbound, config.seed),
        out_(config.outbound, config.seed ^ 0x5DEECE66Dull) {}

  std::span<Datagram> receive() {
    received_.clear();
    copies_used_ = 0;
    std::uint32_t passed = 0;
    for (const Datagram& datagram : inner_.receive()) {
      const bool whole = datagram.size <= kMaxDatagram;  // a longer one is only a marker
      const auto fate = in_.next();
      if (fate == Fate::kLose) continue;
      if (fate == Fate::kHold && whole) {
        in_.hold(datagram.peer, {datagram.data, datagram.size}, datagram);
        continue;
      }
      // A receiver may write to what it gets, so the copy is taken before.
      if (fate == Fate::kDouble && whole) hand_on_copy(datagram, {datagram.data, datagram.size});
      received_.push_back(datagram);
      ++passed;
    }
    in_.age(passed, [this](Held& held) {
      hand_on_copy(held.datagram, {held.bytes, held.size});
    });
    return received_;
  }

  std::span<std::byte> reserve() { return inner_.reserve(); }

  void commit(Endpoint to, std::size_t size) {
    const std::span<std::byte> built = inner_.reserve();  // the same memory again
    if (built.empty()) return;
    const auto fate = out_.next();
    if (fate == Fate::kLose) return;
    if (fate == Fate::kHold) return out_.hold(to, built.first(size));
    if (fate == Fate::kDouble) std::memcpy(double_, built.data(), size);
    inner_.commit(to, size);
    if (fate == Fate::kDouble) inner_.send(to, {double_, size});
    ++sent_;
  }
  bool send(Endpoint to, std::span<const std::byte> bytes) { return send_copy(*this, to, bytes); }
  std::size_t send_each(std::span<const Endpoint> to, std::span<const std::byte> bytes) {
    return send_copies(*this, to, bytes);
  }
  void flush() {
    out_.age(std::exchange(sent_, 0), [this](Held& held) {
      inner_.send(held.peer, {held.bytes, held.size});
    });
    inner_.flush();
  }

  /// As the inner transport's; returns early while something is held back, which only goes on
  /// when this is polled.
  bool wait(std::uint64_t timeout_ns, int wake_fd = -1)
    requires requires(Inner& t) { t.wait(timeout_ns, wake_fd); }
  {
    if (in_.holding() || out_.holding()) return true;
    return inner_.wait(timeout_ns, wake_fd);
  }
  auto local() const { return inner_.local(); }
  decltype(auto) notes() const { return inner_.notes(); }
  decltype(auto) counters() const { return inner_.counters(); }

  const ImpairedCounters& inbound() const { return in_.counters(); }
  const ImpairedCounters& outbound() const { return out_.counters(); }

 private:
  using Fate = ImpairedDirection::Fate;
  using Held = ImpairedDirection::Held;

  void hand_on_copy(Datagram like, std::span<const std::byte> bytes) {
    if (copies_used_ == copies_.size()) return;  // a burst full of copies: one more is lost
    Copy& copy = copies_[copies_used_++];
    std::memcpy(copy.bytes, bytes.data(), bytes.size());
    like.data = copy.bytes;
    like.size = static_cast<std::uint32_t>(bytes.size());
    received_.push_back(like);
  }

  struct alignas(64) Copy {
    std::byte bytes[2048];
  };

  Inner& inner_;
  ImpairedDirection in_;
  ImpairedDirection out_;
  std::uint32_t sent_ = 0;  // since the last flush
  std::vector<Datagram> received_;
  std::vector<Copy> copies_ = std::vector<Copy>(128);
  std::size_t copies_used_ = 0;
  alignas(64) std::byte double_[2048];
};

}  // namespace saker::net
