#include "bench/hdr_file.hpp"

#include <zlib.h>

#include <cmath>
#include <ctime>

#include "bench/text.hpp"
#include "common/assert.hpp"

namespace saker::bench {

namespace {

constexpr std::uint32_t kCookie = 0x1c849313;            // V2, one byte "word size" flag
constexpr std::uint32_t kCompressedCookie = 0x1c849314;
constexpr std::uint32_t kSignificantDigits = 3;
// In the libraries' words: a bucket is a power of two, and its first half is the one before it.
constexpr unsigned kSubBuckets = 2048;
constexpr unsigned kLibraryBuckets = HdrHistogram::kBuckets / (kSubBuckets / 2) - 1;

template <class Integer>
void put_big_endian(std::string& out, Integer value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
  }
}

/// ZigZag, then seven bits to a byte, lowest first; a ninth byte holds eight.
void put_zigzag(std::string& out, std::int64_t value) {
  std::uint64_t rest = (static_cast<std::uint64_t>(value) << 1) ^
                       static_cast<std::uint64_t>(value >> 63);
  for (int bytes = 1; rest >= 0x80 && bytes < 9; ++bytes) {
    out += static_cast<char>((rest & 0x7F) | 0x80);
    rest >>= 7;
  }
  out += static_cast<char>(rest);
}

/// Counts up to the last that is not zero; a run of zeros as its negative length.
std::string encode_counts(const HdrHistogram& histogram) {
  std::size_t end = histogram.count() == 0
                        ? 0
                        : HdrHistogram::bucket_of(histogram.max_ns()) + 1;
  std::string out;
  for (std::size_t i = 0; i < end;) {
    if (histogram.count_at(i) != 0) {
      put_zigzag(out, static_cast<std::int64_t>(histogram.count_at(i++)));
      continue;
    }
    std::int64_t zeros = 0;
    while (i < end && histogram.count_at(i) == 0) ++i, ++zeros;
    put_zigzag(out, zeros == 1 ? 0 : -zeros);
  }
  return out;
}

std::string base64(const std::string& bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      three = (three << 8) | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kDigits[(three >> (18 - 6 * k)) & 63];
    }
  }
  return out;
}

struct Moments {
  double mean_us = 0;
  double deviation_us = 0;
};

Moments moments_of(const HdrHistogram& h) {
  if (h.count() == 0) return {};
  const auto middle_us = [](std::size_t i) {
    return static_cast<double>(HdrHistogram::first_of(i) + HdrHistogram::last_of(i)) / 2e3;
  };
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < HdrHistogram::kBuckets; ++i) {
    sum += static_cast<double>(h.count_at(i)) * middle_us(i);
  }
  const double mean = sum / static_cast<double>(h.count());
  for (std::size_t i = 0; i < HdrHistogram::kBuckets; ++i) {
    const double off = middle_us(i) - mean;
    squares += static_cast<double>(h.count_at(i)) * off * off;
  }
  return {mean, std::sqrt(squares / static_cast<double>(h.count()))};
}

}  // namespace

std::string encode_histogram(const HdrHistogram& histogram) {
  const std::string counts = encode_counts(histogram);
  std::string plain;
  put_big_endian(plain, kCookie);
  put_big_endian(plain, static_cast<std::uint32_t>(counts.size()));
  put_big_endian(plain, std::uint32_t{0});  // normalizing index offset
  put_big_endian(plain, kSignificantDigits);
  put_big_endian(plain, std::uint64_t{1});  // lowest value told from 0
  put_big_endian(plain, HdrHistogram::kLargest);
  put_big_endian(plain, std::bit_cast<std::uint64_t>(1.0));  // integer to double
  plain += counts;

  uLongf size = ::compressBound(plain.size());
  std::string compressed(size, '\0');
  const int result = ::compress2(reinterpret_cast<Bytef*>(compressed.data()), &size,
                                 reinterpret_cast<const Bytef*>(plain.data()), plain.size(), 6);
  SAKER_ASSERT(result == Z_OK);
  compressed.resize(size);
  std::string whole;
  put_big_endian(whole, kCompressedCookie);
  put_big_endian(whole, static_cast<std::uint32_t>(compressed.size()));
  return base64(whole + compressed);
}

std::string histogram_log(const std::vector<std::string>& comments, TimeNs started_ns,
                          const std::vector<HdrLogLine>& lines) {
  std::string out;
  for (const std::string& comment : comments) out += "#[" + comment + "]\n";
  out += "#[Histogram log format version 1.3]\n";
  const double started_s = static_cast<double>(started_ns) / 1e9;
  char date[64];
  const std::time_t seconds = static_cast<std::time_t>(started_ns / 1'000'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts);
  append(out, "#[BaseTime: %.3f (seconds since epoch)]\n", started_s);
  append(out, "#[StartTime: %.3f (seconds since epoch), %s]\n", started_s, date);
  out += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
         "\"Interval_Compressed_Histogram\"\n";
  for (const HdrLogLine& line : lines) {
    if (!line.tag.empty()) out += "Tag=" + line.tag + ",";
    append(out, "%.3f,%.3f,%.3f,", line.start_s, line.length_s,
           static_cast<double>(line.histogram->max_ns()) / 1e6);
    out += encode_histogram(*line.histogram) + "\n";
  }
  return out;
}

std::string percentile_table(const HdrHistogram& h) {
  constexpr double kStepsPerHalf = 5;
  std::string out = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  std::uint64_t passed = 0;
  double level = 0;
  for (std::size_t i = 0; i < HdrHistogram::kBuckets && passed < h.count(); ++i) {
    if (h.count_at(i) == 0) continue;
    passed += h.count_at(i);
    const double value_us =
        static_cast<double>(std::min(HdrHistogram::last_of(i), h.max_ns())) / 1e3;
    while (passed >= h.rank_of(level) && passed < h.count()) {
      append(out, "%12.3f %2.12f %10llu %14.2f\n", value_us, level / 100,
             static_cast<unsigned long long>(passed), 100 / (100 - level));
      const double halvings = std::floor(std::log2(100 / (100 - level))) + 1;
      level += 100 / (kStepsPerHalf * std::exp2(halvings));
    }
    if (passed == h.count()) {
      append(out, "%12.3f %2.12f %10llu\n", value_us, 1.0,
             static_cast<unsigned long long>(passed));
    }
  }
  const Moments moments = moments_of(h);
  append(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", moments.mean_us,
         moments.deviation_us);
  append(out, "#[Max     = %12.3f, Total count    = %12llu]\n",
         static_cast<double>(h.max_ns()) / 1e3, static_cast<unsigned long long>(h.count()));
  append(out, "#[Buckets = %12u, SubBuckets     = %12u]\n", kLibraryBuckets, kSubBuckets);
  return out;
}

}  // namespace saker::bench
