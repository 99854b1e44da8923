// What a service counts, as Prometheus text. Declare once, keep the reference:
//
//   Counter& orders = metrics.counter("orders_total", "Orders taken", {{"market", "KCN/EUR"}});
//   orders.add();
//
// Names get the prefix "saker_<service>_". Counting is one relaxed atomic addition and may come
// from any thread; declaring and text() are for the loop's thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker::web {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations in nanoseconds, told in seconds, in buckets from 50 us to 10 s.
class Histogram {
 public:
  static constexpr std::array<std::uint64_t, 16> kBoundsNs = {
      50'000,      100'000,     250'000,       500'000,       1'000'000,     2'500'000,
      5'000'000,   10'000'000,  25'000'000,    50'000'000,    100'000'000,   250'000'000,
      500'000'000, 1'000'000'000, 2'500'000'000, 10'000'000'000};

  void record_ns(std::uint64_t duration_ns);
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  friend class Metrics;
  std::array<std::atomic<std::uint64_t>, kBoundsNs.size() + 1> buckets_{};
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> sum_ns_{0};
};

class Metrics {
 public:
  /// `service`: "gateway".
  explicit Metrics(std::string_view service);

  // The same name and labels give the same object. Names are snake_case; counters end in _total,
  // histograms in _seconds.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});
  /// Called before each text(), to set gauges from what others count.
  void before_text(std::function<void()> refresh);

  /// The exposition format 0.0.4.
  std::string text();

 private:
  template <class T>
  struct Series {
    std::string labels;  // {a="b"} or empty
    T value;
  };
  template <class T>
  struct Family {
    std::string name, help;
    std::deque<Series<T>> series;
  };
  template <class T>
  T& declare(std::deque<Family<T>>& families, std::string_view name, std::string_view help,
             const Labels& labels);

  std::string prefix_;
  std::deque<Family<Counter>> counters_;
  std::deque<Family<Gauge>> gauges_;
  std::deque<Family<Histogram>> histograms_;
  std::vector<std::function<void()>> refresh_;
};

}  // namespace saker::web
