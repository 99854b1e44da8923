// Token buckets by key (an address, a user): so many at once, so many a second after that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/types.hpp"

namespace saker::web {

class RateLimit {
 public:
  /// `per_second` 0: no limit. Knows at most `most_keys` keys; beyond it, those that are full
  /// again are forgotten first, and if none is, the new key is refused.
  RateLimit(double per_second, double burst, std::size_t most_keys = 65'536)
      : per_second_(per_second), burst_(burst), most_keys_(most_keys) {}

  /// Takes `cost` for `key` if there is enough; `now_ns` never goes back.
  bool take(std::string_view key, TimeNs now_ns, double cost = 1.0);
  /// Whole seconds until `cost` is there again, at least 1: the Retry-After.
  unsigned retry_after_s(std::string_view key, TimeNs now_ns, double cost = 1.0) const;
  std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    double left;
    TimeNs at_ns;
  };
  double left_at(const Bucket& bucket, TimeNs now_ns) const;
  void forget_full(TimeNs now_ns);

  double per_second_, burst_;
  std::size_t most_keys_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace saker::web
