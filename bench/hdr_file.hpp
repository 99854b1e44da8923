// Histograms as the files that HdrHistogram's tools read: the compressed V2 encoding, logs of it
// (.hlog) and the plain table of percentiles (.hgrm).
#pragma once

#include <string>
#include <vector>

#include "bench/hdr_histogram.hpp"

namespace saker::bench {

/// Counts as ZigZag LEB128 numbers behind the V2 header, compressed by zlib behind the compressed
/// V2 header; in Base64, as a log line carries it.
std::string encode_histogram(const HdrHistogram& histogram);

/// One line of a log. Times are seconds since the log's start.
struct HdrLogLine {
  std::string tag;  // without commas, spaces or line ends; may be empty
  double start_s = 0;
  double length_s = 0;
  const HdrHistogram* histogram = nullptr;
};

/// A log, format version 1.3: intervals with their histograms in nanoseconds (Interval_Max in
/// milliseconds, as is the custom). `comments` become lines that begin with '#'.
std::string histogram_log(const std::vector<std::string>& comments, TimeNs started_ns,
                          const std::vector<HdrLogLine>& lines);

/// The table of percentiles, five steps for each halving of the distance to 100 %, microseconds.
std::string percentile_table(const HdrHistogram& histogram);

}  // namespace saker::bench
