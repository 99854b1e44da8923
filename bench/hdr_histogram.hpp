// A histogram with three significant digits: the common one with as many buckets as the
// HdrHistogram libraries have, in their order, so that hdr_file.hpp can write what they read.
#pragma once

#include "common/latency_histogram.hpp"

namespace saker::bench {

/// Exact below 2,048 ns; above, each power of two has 1,024 buckets; up to 2^36 ns (68 s).
using HdrHistogram = DurationHistogram<10, 36>;

}  // namespace saker::bench
