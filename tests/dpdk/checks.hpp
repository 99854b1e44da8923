// What was expected and did not hold: printed as it happens, counted for the exit status.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>

namespace saker::tests {

class Checks {
 public:
  /// False, counted and printed, when `held` is false.
  [[gnu::format(printf, 3, 4)]] bool that(bool held, const char* format, ...) {
    ++made_;
    if (held) return true;
    if (++failed_ > kMostPrinted) return false;
    std::va_list arguments;
    va_start(arguments, format);
    std::printf("flow: FAILED: ");
    std::vprintf(format, arguments);
    std::printf("\n");
    std::fflush(stdout);
    va_end(arguments);
    return false;
  }
  std::uint64_t made() const { return made_; }
  std::uint64_t failed() const { return failed_; }

 private:
  static constexpr std::uint64_t kMostPrinted = 50;
  std::uint64_t made_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace saker::tests
