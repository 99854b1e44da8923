// Assertions that stay on in release. A broken invariant stops the process: an exchange that
// goes on with a wrong book or a wrong balance does more harm than one that stands still.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace saker {

[[noreturn]] inline void fatal(const char* what, const char* file, int line) {
  std::fprintf(stderr, "FATAL %s:%d: %s\n", file, line, what);
  std::fflush(stderr);
  std::abort();
}

}  // namespace saker

#define SAKER_ASSERT(condition)                            \
  do {                                                     \
    if (__builtin_expect(!(condition), 0)) [[unlikely]] {  \
      ::saker::fatal(#condition, __FILE__, __LINE__);      \
    }                                                      \
  } while (false)
