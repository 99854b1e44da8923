// The tags that a few datagrams should have, computed beside each other before it is their turn:
// each costs a third of one alone. What is found here is what check_tag() would compute, so it
// makes no difference to any answer.
#pragma once

#include "proto/siphash.hpp"

namespace saker::proto {

class TagsAhead {
 public:
  static constexpr std::size_t kMost = siphash::kLanes;
  /// Fewer are not worth it.
  static constexpr std::size_t kLeast = 3;

  /// False: this processor computes one at a time, nothing is ever found here.
  static bool possible() { return siphash::has_four(); }

  void clear() { count_ = 0; }
  /// One of at most kMost. `datagram` is at least a prefix long and stays as it is until clear().
  void add(Bytes datagram, const Key& key) {
    if (!key.tagged || count_ == kMost) return;  // no tag costs nothing
    keys_[count_] = key;
    jobs_[count_] = {datagram, keys_[count_].bytes.data(), {}};
    ++count_;
  }
  /// Of what has been added, which is forgotten when it is not worth it.
  void compute() {
    if (count_ < kLeast || !possible()) return clear();
    for (std::size_t i = count_; i < kMost; ++i) jobs_[i] = jobs_[0];
    siphash::four(jobs_.data());
  }
  /// The right tag of the datagram that begins here, under this key; nullptr when it is not known.
  const Tag* find(const std::byte* datagram, const Key& key) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (jobs_[i].datagram.data() != datagram) continue;
      return same(keys_[i], key) ? &jobs_[i].tag : nullptr;
    }
    return nullptr;
  }

 private:
  static bool same(const Key& a, const Key& b) {
    const std::uint8_t* x = a.bytes.data();
    const std::uint8_t* y = b.bytes.data();
    using siphash::load64;
    return a.tagged == b.tagged && load64(x) == load64(y) && load64(x + 8) == load64(y + 8);
  }

  std::size_t count_ = 0;
  std::array<Key, kMost> keys_;
  std::array<siphash::Job, kMost> jobs_;
};

}  // namespace saker::proto
