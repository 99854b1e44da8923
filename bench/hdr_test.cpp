// Histograms and their files. The decoder here was written from the format's description, not from
// the encoder beside it; tests/bench/hlog.py is another one.
#include <gtest/gtest.h>
#include <zlib.h>

#include <map>
#include <random>
#include <sstream>

#include "bench/hdr_file.hpp"

namespace saker::bench {
namespace {

/// What an encoded histogram says.
struct Decoded {
  std::uint32_t digits = 0;
  std::uint64_t lowest = 0, highest = 0;
  std::map<std::uint64_t, std::uint64_t> counts;  // by smallest value of the bucket
};

std::string from_base64(const std::string& text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=') break;
    const std::string digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bits = (bits << 6) | static_cast<std::uint32_t>(digits.find(c));
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have);
  }
  return out;
}

std::uint64_t big_endian(const std::string& bytes, std::size_t at, int size) {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i) {
    value = value * 256 + static_cast<std::uint8_t>(bytes.at(at + static_cast<std::size_t>(i)));
  }
  return value;
}

/// Smallest value of the n-th count at three digits: 2,048 single values, then for each further
/// power of two the 1,024 buckets of its upper half.
std::uint64_t value_of(std::size_t n) {
  std::uint64_t width = 1, from = 0;
  for (std::size_t left = n, row = 2048;; row = 1024) {
    if (left < row) return from + left * width;
    left -= row;
    from += row * width;
    width *= n >= 2048 ? 2 : 1;
  }
}

Decoded decode(const std::string& text) {
  const std::string outer = from_base64(text);
  EXPECT_EQ(big_endian(outer, 0, 4), 0x1c849314u);
  EXPECT_EQ(big_endian(outer, 4, 4), outer.size() - 8);
  std::string inner(1 << 20, '\0');
  uLongf size = inner.size();
  EXPECT_EQ(::uncompress(reinterpret_cast<Bytef*>(inner.data()), &size,
                         reinterpret_cast<const Bytef*>(outer.data() + 8), outer.size() - 8),
            Z_OK);
  inner.resize(size);
  EXPECT_EQ(big_endian(inner, 0, 4), 0x1c849313u);
  EXPECT_EQ(big_endian(inner, 4, 4), inner.size() - 40);
  EXPECT_EQ(big_endian(inner, 8, 4), 0u);
  Decoded decoded;
  decoded.digits = static_cast<std::uint32_t>(big_endian(inner, 12, 4));
  decoded.lowest = big_endian(inner, 16, 8);
  decoded.highest = big_endian(inner, 24, 8);
  std::size_t index = 0;
  for (std::size_t at = 40; at < inner.size();) {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(inner[at++]);
      value |= std::uint64_t{shift == 56 ? byte : byte & 0x7Fu} << shift;
      if (shift == 56 || byte < 0x80) break;
    }
    const std::int64_t count = (value & 1) != 0 ? -static_cast<std::int64_t>(value / 2) - 1
                                                : static_cast<std::int64_t>(value / 2);
    if (count < 0) {
      index += static_cast<std::size_t>(-count);
    } else {
      if (count > 0) decoded.counts[value_of(index)] = static_cast<std::uint64_t>(count);
      ++index;
    }
  }
  return decoded;
}

TEST(HdrHistogram, AFileTellsWhatWasRecorded) {
  auto histogram = std::make_unique<HdrHistogram>();
  std::map<std::uint64_t, std::uint64_t> want;
  std::mt19937_64 random(3);
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t value = random() >> (28 + random() % 36);
    histogram->record(value);
    std::uint64_t width = 1;
    while (value / width >= 2048) width *= 2;
    ++want[value / width * width];
  }
  const Decoded decoded = decode(encode_histogram(*histogram));
  EXPECT_EQ(decoded.digits, 3u);
  EXPECT_EQ(decoded.lowest, 1u);
  EXPECT_EQ(decoded.highest, HdrHistogram::kLargest);
  EXPECT_EQ(decoded.counts, want);
}

TEST(HdrHistogram, EmptyAndHugeCountsAreEncodedToo) {
  auto histogram = std::make_unique<HdrHistogram>();
  EXPECT_TRUE(decode(encode_histogram(*histogram)).counts.empty());
  for (int i = 0; i < 300; ++i) histogram->record(0);
  histogram->record(HdrHistogram::kLargest + 1);
  EXPECT_EQ(histogram->above(), 1u);
  const auto counts = decode(encode_histogram(*histogram)).counts;
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts.at(0), 300u);
  EXPECT_EQ(counts.rbegin()->second, 1u);
}

TEST(HdrHistogram, PercentilesAreThoseOfTheValues) {
  auto histogram = std::make_unique<HdrHistogram>();
  for (std::uint64_t i = 1; i <= 1'000'000; ++i) histogram->record(i);
  for (const double percent : {0.1, 50.0, 90.0, 99.0, 99.99}) {
    const double exact = percent * 10'000;
    EXPECT_NEAR(static_cast<double>(histogram->percentile_ns(percent)), exact, exact / 1000 + 1);
  }
  EXPECT_EQ(histogram->percentile_ns(100), 1'000'000u);
  EXPECT_EQ(histogram->min_ns(), 1u);
  auto twice = std::make_unique<HdrHistogram>();
  twice->merge(*histogram);
  twice->merge(*histogram);
  EXPECT_EQ(twice->count(), 2'000'000u);
  EXPECT_EQ(twice->percentile_ns(50), histogram->percentile_ns(50));
}

TEST(HdrHistogram, EveryBucketEndsWhereTheNextBegins) {
  for (std::size_t i = 0; i + 1 < HdrHistogram::kBuckets; ++i) {
    ASSERT_EQ(HdrHistogram::last_of(i) + 1, HdrHistogram::first_of(i + 1)) << i;
    ASSERT_EQ(HdrHistogram::bucket_of(HdrHistogram::first_of(i)), i);
    ASSERT_EQ(HdrHistogram::bucket_of(HdrHistogram::last_of(i)), i);
  }
  EXPECT_EQ(HdrHistogram::last_of(HdrHistogram::kBuckets - 1), HdrHistogram::kLargest);
}

TEST(HdrFile, TheLogHasItsHeadAndOneLineForEachInterval) {
  auto a = std::make_unique<HdrHistogram>();
  a->record(1'500'000);
  const std::string log = histogram_log({"commit: abc"}, 1'700'000'000'250'000'000,
                                        {{"order", 0.5, 1.25, a.get()}, {"", 2, 1, a.get()}});
  std::istringstream lines(log);
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  ASSERT_EQ(all.size(), 7u);
  EXPECT_EQ(all[0], "#[commit: abc]");
  EXPECT_EQ(all[1], "#[Histogram log format version 1.3]");
  EXPECT_EQ(all[2], "#[BaseTime: 1700000000.250 (seconds since epoch)]");
  EXPECT_EQ(all[3], "#[StartTime: 1700000000.250 (seconds since epoch), 2023-11-14T22:13:20Z]");
  EXPECT_EQ(all[5], "Tag=order,0.500,1.250,1.500," + encode_histogram(*a));
  EXPECT_EQ(all[6], "2.000,1.000,1.500," + encode_histogram(*a));
}

TEST(HdrFile, TheTableOfPercentilesRisesToTheLargest) {
  auto histogram = std::make_unique<HdrHistogram>();
  for (std::uint64_t i = 1; i <= 10'000; ++i) histogram->record(i * 1'000);
  std::istringstream lines(percentile_table(*histogram));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "       Value     Percentile TotalCount 1/(1-Percentile)");
  double last_value = 0, last_level = -1, value = 0, level = 0, total = 0;
  bool half_seen = false;
  while (std::getline(lines, line) && (line.empty() || line[0] != '#')) {
    if (std::sscanf(line.c_str(), "%lf %lf %lf", &value, &level, &total) != 3) continue;
    EXPECT_GE(value, last_value);
    EXPECT_GT(level, last_level);
    EXPECT_GE(total, level * 10'000 - 1);
    if (level == 0.5) {
      half_seen = true;
      EXPECT_NEAR(value, 5'000, 5);
    }
    last_value = value;
    last_level = level;
  }
  EXPECT_TRUE(half_seen);
  EXPECT_EQ(last_level, 1.0);
  EXPECT_NEAR(last_value, 10'000, 10);
  EXPECT_EQ(total, 10'000);
}

}  // namespace
}  // namespace saker::bench
