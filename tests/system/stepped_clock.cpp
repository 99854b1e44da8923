// A host's clock that a test sets, for every process that is started with this library preloaded:
// UTC as clock_gettime(), gettimeofday() and time() tell it is shifted by the seconds in the file
// that SAKER_CLOCK_OFFSET names, eight bytes, for all of them in the same moment. Time that merely
// passes (CLOCK_MONOTONIC, time-outs of the kernel) is left alone, as when an administrator or an
// NTP daemon steps the clock. Stamps that the kernel gives, of datagrams and files, stay as they
// are.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

using GetTime = int (*)(clockid_t, timespec*);

const volatile std::int64_t* offset_s = nullptr;
GetTime real_gettime = nullptr;

[[gnu::constructor]] void open_offset() {
  real_gettime = reinterpret_cast<GetTime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const char* const path = std::getenv("SAKER_CLOCK_OFFSET");
  const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void* const memory = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory != MAP_FAILED) offset_s = static_cast<const volatile std::int64_t*>(memory);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (real_gettime == nullptr) open_offset();  // another library's constructor came first
  const int result = real_gettime(clock, time);
  const bool utc = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result == 0 && utc && offset_s != nullptr) time->tv_sec += *offset_s;
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1'000};
  return 0;
}

time_t time(time_t* seconds) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds != nullptr) *seconds = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
