// Small helpers for the forms of a report.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <string>

namespace saker::bench {

/// printf to the end of a string; up to 511 characters at a time.
[[gnu::format(printf, 2, 3)]] inline void append(std::string& out, const char* format, ...) {
  char text[512];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  out += text;
}

/// Nanoseconds as microseconds.
inline double us(std::uint64_t ns) { return static_cast<double>(ns) / 1e3; }
/// For printf.
inline unsigned long long ull(std::uint64_t value) { return value; }

}  // namespace saker::bench
