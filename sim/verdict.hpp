// The first thing that went wrong. Checks run inside callbacks of the real code, so a violation
// is noted here and the world stops at the end of the step; what follows the first is not heard.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <string>

namespace saker::sim {

class Verdict {
 public:
  bool failed() const { return !check_.empty(); }
  /// Name of the check that found it, one word.
  const std::string& check() const { return check_; }
  const std::string& text() const { return text_; }

  /// printf-style; keeps the first call only.
  [[gnu::format(printf, 3, 4)]] void fail(const char* check, const char* format, ...) {
    if (failed()) return;
    check_ = check;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    text_ = line;
  }

 private:
  std::string check_;
  std::string text_;
};

/// For %llu.
inline unsigned long long ull(std::uint64_t value) { return value; }
inline long long sll(std::int64_t value) { return value; }

}  // namespace saker::sim
