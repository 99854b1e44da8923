// Checksums, hashes, decimal text, histogram, memory, clocks.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/bytes.hpp"
#include "common/clock.hpp"
#include "common/crc32c.hpp"
#include "common/decimal.hpp"
#include "common/fixed_array.hpp"
#include "common/hash.hpp"
#include "common/latency_histogram.hpp"

namespace saker {
namespace {

Bytes bytes_of_text(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(Crc32c, KnownVectors) {
  // RFC 3720, B.4, and the check value of the CRC catalogue.
  const std::string zeros(32, '\0');
  const std::string ones(32, '\xff');
  std::string up;
  std::string down;
  for (int i = 0; i < 32; ++i) {
    up += static_cast<char>(i);
    down += static_cast<char>(31 - i);
  }
  EXPECT_EQ(crc32c(bytes_of_text(zeros)), 0x8A9136AAu);
  EXPECT_EQ(crc32c(bytes_of_text(ones)), 0x62A8AB43u);
  EXPECT_EQ(crc32c(bytes_of_text(up)), 0x46DD794Eu);
  EXPECT_EQ(crc32c(bytes_of_text(down)), 0x113FDB5Cu);
  EXPECT_EQ(crc32c(bytes_of_text("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, PiecesGiveTheWhole) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += static_cast<char>(i * 31);
  const Bytes all = bytes_of_text(text);
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all)) << cut;
  }
}

TEST(Hash, PiecesGiveTheWholeAndTheChainDependsOnThePast) {
  std::string text(1'000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
  const Bytes all = bytes_of_text(text);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{333}, all.size()}) {
    StreamHasher hasher;
    hasher.write(all.first(cut));
    hasher.write(all.subspan(cut));
    EXPECT_EQ(hasher.result(), hash128(all));
  }
  EXPECT_NE(chain_hash(1, all), chain_hash(2, all));
  EXPECT_NE(chain_hash(1, all), chain_hash(1, all.first(999)));
  EXPECT_EQ(chain_hash(1, all), chain_hash(1, all));
}

TEST(Decimal, TextToNumber) {
  struct Case {
    const char* text;
    unsigned decimals;
    std::int64_t value;
  };
  for (const Case& c : {Case{"0", 0, 0}, Case{"12.34", 2, 1234}, Case{"-12.34", 2, -1234},
                        Case{"12", 2, 1200}, Case{"12.3", 2, 1230}, Case{"12.3400", 2, 1234},
                        Case{"-0", 3, 0}, Case{"007", 0, 7}, Case{"0.00000001", 8, 1},
                        Case{"9223372036854775807", 0, INT64_MAX},
                        Case{"-9223372036854775808", 0, INT64_MIN},
                        Case{"-9.223372036854775808", 18, INT64_MIN},
                        Case{"92233720368547758.07", 2, INT64_MAX}}) {
    EXPECT_EQ(parse_decimal(c.text, c.decimals), c.value) << c.text;
  }
}

TEST(Decimal, RefusesWhatIsNotExactlyANumber) {
  for (const char* text :
       {"", "-", ".", "1.", ".5", "-.5", "+1", "1e3", "0x10", " 1", "1 ", "1,5", "1.2.3", "--1",
        "1.-2", "12.345", "12.340001", "nan", "92233720368547758.08", "-92233720368547758.09",
        "100000000000000000000", "99999999999999999999999999999"}) {
    EXPECT_EQ(parse_decimal(text, 2), std::nullopt) << text;
  }
}

TEST(Decimal, EveryNumberRoundTrips) {
  std::vector<std::int64_t> values = {0, 1, -1, 9, 10, -10, INT64_MAX, INT64_MIN, INT64_MAX - 1};
  std::uint64_t random = 1;
  for (int i = 0; i < 2'000; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    values.push_back(static_cast<std::int64_t>(random) >> (i % 64));
  }
  for (unsigned decimals = 0; decimals <= 18; ++decimals) {
    for (const std::int64_t value : values) {
      for (const unsigned shown : {0u, decimals}) {
        const std::string text = format_decimal(value, decimals, shown);
        ASSERT_EQ(parse_decimal(text, decimals), value) << text;
      }
    }
  }
  EXPECT_EQ(format_decimal(1'250, 3, 3), "1.250");
  EXPECT_EQ(format_decimal(1'250, 3, 0), "1.25");
  EXPECT_EQ(format_decimal(1'250, 3, 2), "1.25");
  EXPECT_EQ(format_decimal(-5, 2, 2), "-0.05");
  EXPECT_EQ(format_decimal(3'000, 3, 0), "3");
  EXPECT_EQ(format_decimal(3'000, 3, 1), "3.0");
}

/// The percentile by sorting, and the histogram's, which may be 1 part in 128 above.
TEST(LatencyHistogram, PercentilesAreWithinABucketOfTheExactOnes) {
  LatencyHistogram histogram;
  std::vector<std::uint64_t> values;
  std::uint64_t random = 99;
  for (int i = 0; i < 50'000; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    const std::uint64_t value = (random >> 20) >> (random % 40);
    values.push_back(std::min(value, LatencyHistogram::kLargest));
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.0, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto rank = static_cast<std::size_t>(percent / 100 * 50'000 + 0.9999999);
    const std::uint64_t exact = values[std::max<std::size_t>(rank, 1) - 1];
    EXPECT_GE(histogram.percentile_ns(percent), exact) << percent;
    EXPECT_LE(histogram.percentile_ns(percent), exact + exact / 128) << percent;
  }
  EXPECT_EQ(histogram.min_ns(), values.front());
  EXPECT_EQ(histogram.max_ns(), values.back());
  EXPECT_EQ(histogram.percentile_ns(100), values.back());
}

TEST(LatencyHistogram, EveryBucketBoundaryIsItsOwn) {
  for (unsigned bit = 0; bit < 40; ++bit) {
    for (const std::int64_t step : {-1, 0, 1}) {
      const std::uint64_t value = (std::uint64_t{1} << bit) + static_cast<std::uint64_t>(step);
      LatencyHistogram one;
      one.record(value);
      one.record(LatencyHistogram::kLargest);
      EXPECT_GE(one.percentile_ns(50), value);
      EXPECT_LE(one.percentile_ns(50), value + value / 128);
    }
  }
}

TEST(LatencyHistogram, MergeIsAsIfRecordedTogether) {
  LatencyHistogram a;
  LatencyHistogram b;
  LatencyHistogram both;
  EXPECT_EQ(a.percentile_ns(50), 0u);
  EXPECT_EQ(a.min_ns(), 0u);
  EXPECT_EQ(a.mean_ns(), 0u);
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    (i % 3 == 0 ? a : b).record(i * i);
    both.record(i * i);
  }
  a.merge(b);
  EXPECT_EQ(a.count(), 1'000u);
  EXPECT_EQ(a.mean_ns(), both.mean_ns());
  EXPECT_EQ(a.min_ns(), 1u);
  EXPECT_EQ(a.max_ns(), 1'000'000u);
  for (double p = 0; p <= 100; p += 0.5) EXPECT_EQ(a.percentile_ns(p), both.percentile_ns(p));
  a.clear();
  EXPECT_EQ(a.count(), 0u);
  a.record(~std::uint64_t{0}, 3);
  EXPECT_EQ(a.percentile_ns(50), LatencyHistogram::kLargest);
  EXPECT_EQ(a.count(), 3u);
}

TEST(FixedArray, IsZeroedAndMoves) {
  struct Item {
    std::uint64_t a;
    std::uint32_t b[3];
  };
  for (const std::size_t count : {std::size_t{1}, std::size_t{1'000}, std::size_t{300'000}}) {
    FixedArray<Item> array(count);
    ASSERT_EQ(array.size(), count);
    std::uint64_t sum = 0;
    for (const Item& item : array) sum += item.a + item.b[0] + item.b[1] + item.b[2];
    EXPECT_EQ(sum, 0u);
    array[count - 1].a = 7;
    FixedArray<Item> other = std::move(array);
    EXPECT_EQ(other[count - 1].a, 7u);
    EXPECT_EQ(other.size(), count);
    EXPECT_GT(std::string(other.note()).size(), 0u);
  }
  EXPECT_EQ(FixedArray<int>(0).size(), 0u);
  EXPECT_EQ(FixedArray<int>().begin(), FixedArray<int>().end());
}

TEST(FixedArray, TooMuchIsAnException) {
  EXPECT_THROW(FixedArray<std::uint64_t>(SIZE_MAX / 2), std::bad_alloc);
  EXPECT_THROW(FixedArray<std::uint64_t>(SIZE_MAX / 16, false), std::bad_alloc);
}

TEST(Clock, TheUnsteppedOneBeginsAtUtcAndGoesOnAtTheMonotonicOnesPace) {
  const UtcClock utc;
  const MonotonicClock monotonic;
  const TimeNs utc_before = utc.now_ns();
  const UnsteppedClock clock;
  const TimeNs first = clock.now_ns(), utc_after = utc.now_ns();
  EXPECT_NEAR(static_cast<double>(first), static_cast<double>(utc_before),
              static_cast<double>(utc_after - utc_before) + 1e6);
  const TimeNs begin = monotonic.now_ns(), read = clock.now_ns();
  const TimeNs again = clock.now_ns(), end = monotonic.now_ns();
  EXPECT_GE(again, read);
  EXPECT_LE(again - read, end - begin);
}

TEST(Clock, UtcIsUtcAndMonotonicIsMonotone) {
  const UtcClock utc;
  EXPECT_GT(utc.now_ns(), TimeNs{1'600'000'000} * 1'000'000'000);
  EXPECT_NEAR(static_cast<double>(utc.now_ns()) / 1e9, static_cast<double>(::time(nullptr)), 2.0);
  const MonotonicClock clock;
  TimeNs last = 0;
  for (int i = 0; i < 1'000; ++i) {
    const TimeNs now = clock.now_ns();
    ASSERT_GE(now, last);
    last = now;
  }
  const ClockQuality quality = clock_quality(ClockQuality::kUnknown);
  EXPECT_NE(quality, ClockQuality::kHoldover) << "nothing to hold over";
  EXPECT_NE(clock_quality(ClockQuality::kSynchronised), ClockQuality::kUnknown);
}

}  // namespace
}  // namespace saker
