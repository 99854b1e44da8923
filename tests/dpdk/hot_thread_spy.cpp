// A library to preload (LD_PRELOAD) into the engine for the proof that its hot thread leaves the
// kernel and the allocator alone. It counts every thread's allocations into the file
// SAKER_SPY_TABLE. With SAKER_SPY_PLANT it makes the hot thread do what it must not, so that the
// proof is seen to fail: "syscall", "fault", "sleep" or "allocation", once in a thousand of the
// bursts of frames that it gives back.
#include "tests/dpdk/hot_thread_spy.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

struct rte_mbuf;

extern "C" {
// The C library's own names of what is defined here anew.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

using FreeBulk = void (*)(rte_mbuf**, unsigned);

hot_thread_spy::Table* table = nullptr;
const char* plant = nullptr;
void* page = nullptr;
thread_local hot_thread_spy::Slot* own [[gnu::tls_model("initial-exec")]] = nullptr;

[[gnu::constructor]] void begin() {
  plant = std::getenv("SAKER_SPY_PLANT");
  page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const char* path = std::getenv("SAKER_SPY_TABLE");
  const int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* p = ::mmap(nullptr, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (p != MAP_FAILED) table = static_cast<hot_thread_spy::Table*>(p);
}

void count() {
  if (table == nullptr) return;
  if (own == nullptr) {
    const int thread = static_cast<int>(::syscall(SYS_gettid));
    for (auto& slot : table->slots) {
      int free = 0;
      if (!slot.thread.compare_exchange_strong(free, thread) && free != thread) continue;
      own = &slot;
      break;
    }
  }
  if (own != nullptr) own->allocations.fetch_add(1, std::memory_order_relaxed);
}

void misbehave() {
  if (std::strcmp(plant, "syscall") == 0) ::syscall(SYS_getppid);
  if (std::strcmp(plant, "allocation") == 0) std::free(std::malloc(1 << 10));
  const timespec moment{0, 1};
  if (std::strcmp(plant, "sleep") == 0) ::nanosleep(&moment, nullptr);
  if (std::strcmp(plant, "fault") == 0) {
    ::munlock(page, 4096);
    ::madvise(page, 4096, MADV_DONTNEED);
    *static_cast<volatile char*>(page) = 1;
  }
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  count();
  return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t size) {
  count();
  return __libc_realloc(p, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** p, std::size_t alignment, std::size_t size) {
  count();
  *p = __libc_memalign(alignment, size);
  return *p == nullptr ? 12 : 0;
}

void rte_pktmbuf_free_bulk(rte_mbuf** frames, unsigned count) {
  static const FreeBulk real =
      reinterpret_cast<FreeBulk>(::dlsym(RTLD_NEXT, "rte_pktmbuf_free_bulk"));
  static thread_local unsigned bursts = 0;
  if (plant != nullptr && ++bursts % 1'000 == 0) misbehave();
  real(frames, count);
}

}
