#include "web/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace saker::web {

double RateLimit::left_at(const Bucket& bucket, TimeNs now_ns) const {
  const TimeNs passed_ns = now_ns > bucket.at_ns ? now_ns - bucket.at_ns : 0;
  return std::min(burst_, bucket.left + static_cast<double>(passed_ns) * 1e-9 * per_second_);
}

void RateLimit::forget_full(TimeNs now_ns) {
  std::erase_if(buckets_, [&](const auto& entry) {
    return left_at(entry.second, now_ns) >= burst_;
  });
}

bool RateLimit::take(std::string_view key, TimeNs now_ns, double cost) {
  if (per_second_ <= 0) return true;
  auto found = buckets_.find(std::string(key));
  if (found == buckets_.end()) {
    if (buckets_.size() >= most_keys_) forget_full(now_ns);
    if (buckets_.size() >= most_keys_) return false;
    found = buckets_.emplace(std::string(key), Bucket{burst_, now_ns}).first;
  }
  Bucket& bucket = found->second;
  bucket = {left_at(bucket, now_ns), std::max(bucket.at_ns, now_ns)};
  if (bucket.left < cost) return false;
  bucket.left -= cost;
  return true;
}

unsigned RateLimit::retry_after_s(std::string_view key, TimeNs now_ns, double cost) const {
  const auto found = buckets_.find(std::string(key));
  if (found == buckets_.end() || per_second_ <= 0) return 1;
  const double missing = cost - left_at(found->second, now_ns);
  return static_cast<unsigned>(std::max(1.0, std::ceil(missing / per_second_)));
}

}  // namespace saker::web
