// What each way of making bytes durable costs on this disk: batch sizes by ways, in turns.
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdio>

#include "bench/log_bench.hpp"
#if SAKER_URING
#include <liburing.h>
#endif

namespace saker::bench {

namespace {

constexpr std::size_t kSizes[] = {512, 4u << 10, 16u << 10, 64u << 10, 256u << 10, 1u << 20};
constexpr std::size_t kLargest = 1u << 20;
constexpr std::uint64_t kFileBytes = 64u << 20;

/// One write at a time, or two; records how long each took.
struct Subject {
  int buffered = -1;
  int direct = -1;
  const std::byte* bytes = nullptr;
  std::uint64_t offset = 0;
  std::vector<std::uint64_t>* took_ns = nullptr;

  std::uint64_t place(std::size_t size) {
    if (offset + size > kFileBytes) offset = 0;
    const std::uint64_t at = offset;
    offset += size;
    return at;
  }
};

template <class Write>
void one_by_one(Subject& s, std::size_t size, int count, Write&& write) {
  const MonotonicClock clock;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t at = s.place(size);
    const TimeNs begin_ns = clock.now_ns();
    write(at);
    s.took_ns->push_back(clock.now_ns() - begin_ns);
  }
}

void write_and_sync(Subject& s, int file, std::size_t size, int count) {
  one_by_one(s, size, count, [&](std::uint64_t at) {
    must(::pwrite(file, s.bytes, size, static_cast<off_t>(at)) == static_cast<ssize_t>(size) &&
             ::fdatasync(file) == 0,
         "pwrite or fdatasync failed");
  });
}
void buffered_sync(Subject& s, std::size_t size, int count) {
  write_and_sync(s, s.buffered, size, count);
}
void direct_sync(Subject& s, std::size_t size, int count) {
  write_and_sync(s, s.direct, size, count);
}
void direct_dsync(Subject& s, std::size_t size, int count) {
  one_by_one(s, size, count, [&](std::uint64_t at) {
    const iovec piece{const_cast<std::byte*>(s.bytes), size};
    must(::pwritev2(s.direct, &piece, 1, static_cast<off_t>(at), RWF_DSYNC) ==
             static_cast<ssize_t>(size),
         "pwritev2 with RWF_DSYNC failed");
  });
}

#if SAKER_URING
class Ring {
 public:
  Ring() { must(::io_uring_queue_init(8, &ring_, 0) == 0, "the kernel refuses io_uring"); }
  ~Ring() { ::io_uring_queue_exit(&ring_); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  io_uring_sqe* write(const Subject& s, std::size_t size, std::uint64_t at) {
    io_uring_sqe* const entry = ::io_uring_get_sqe(&ring_);
    ::io_uring_prep_write(entry, s.direct, s.bytes, static_cast<unsigned>(size), at);
    return entry;
  }
  void sync(const Subject& s) {
    ::io_uring_prep_fsync(::io_uring_get_sqe(&ring_), s.direct, IORING_FSYNC_DATASYNC);
  }
  void submit(int count) { must(::io_uring_submit(&ring_) == count, "io_uring takes no write"); }
  /// Of the write over first: its user_data.
  std::uint64_t wait() {
    io_uring_cqe* done = nullptr;
    must(::io_uring_wait_cqe(&ring_, &done) == 0 && done->res >= 0, "a write by io_uring failed");
    const std::uint64_t data = done->user_data;
    ::io_uring_cqe_seen(&ring_, done);
    return data;
  }

 private:
  io_uring ring_;
};

void uring_linked(Subject& s, std::size_t size, int count) {
  Ring ring;
  one_by_one(s, size, count, [&](std::uint64_t at) {
    ring.write(s, size, at)->flags |= IOSQE_IO_LINK;
    ring.sync(s);
    ring.submit(2);
    ring.wait();
    ring.wait();
  });
}
void uring_dsync(Subject& s, std::size_t size, int count) {
  Ring ring;
  one_by_one(s, size, count, [&](std::uint64_t at) {
    ring.write(s, size, at)->rw_flags = RWF_DSYNC;
    ring.submit(1);
    ring.wait();
  });
}
void uring_two(Subject& s, std::size_t size, int count) {
  const MonotonicClock clock;
  Ring ring;
  const auto begin = [&] {
    io_uring_sqe* const entry = ring.write(s, size, s.place(size));
    entry->rw_flags = RWF_DSYNC;
    entry->user_data = clock.now_ns();
    ring.submit(1);
  };
  begin();
  for (int i = 1; i <= count; ++i) {
    if (i < count) begin();
    s.took_ns->push_back(clock.now_ns() - ring.wait());
  }
}
#endif

struct Way {
  const char* name;
  void (*run)(Subject&, std::size_t size, int count);
};
constexpr Way kWays[] = {
    {"page cache: pwrite, fdatasync", buffered_sync},
    {"direct: pwrite, fdatasync", direct_sync},
    {"direct: pwritev2 RWF_DSYNC", direct_dsync},
#if SAKER_URING
    {"direct: io_uring write > fdatasync", uring_linked},
    {"direct: io_uring RWF_DSYNC", uring_dsync},
    {"the same, two at a time", uring_two},
#endif
};

struct Samples {
  std::vector<std::uint64_t> took_ns;
  std::vector<double> bytes_per_s;  // of each round
};

}  // namespace

void bench_log_disk(const LogBenchOptions& options) {
  const std::string path = options.directory + "/probe";
  journal::PageBytes bytes(kLargest);
  Subject subject;
  subject.buffered = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  for (std::uint64_t at = 0; at < kFileBytes; at += kLargest) {
    must(::pwrite(subject.buffered, bytes.data(), kLargest, static_cast<off_t>(at)) ==
             static_cast<ssize_t>(kLargest), "no room for 64 MiB");
  }
  must(::fsync(subject.buffered) == 0, "fsync failed");
  subject.direct = ::open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC);
  must(subject.direct >= 0, "the file system refuses O_DIRECT");
  std::memset(bytes.data(), 0x5a, kLargest);
  subject.bytes = bytes.data();
  Samples samples[std::size(kSizes)][std::size(kWays)];
  const MonotonicClock clock;
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    for (std::size_t size = 0; size < std::size(kSizes); ++size) {
      for (std::size_t way = 0; way < std::size(kWays); ++way) {
        const int count = kSizes[size] <= (64u << 10) ? 100 : 25;
        Samples& into = samples[size][way];
        subject.took_ns = &into.took_ns;
        const TimeNs begin_ns = clock.now_ns();
        kWays[way].run(subject, kSizes[size], count);
        into.bytes_per_s.push_back(static_cast<double>(kSizes[size]) * count * 1e9 /
                                   static_cast<double>(clock.now_ns() - begin_ns));
      }
    }
  }
  ::close(subject.buffered);
  ::close(subject.direct);
  std::printf("| bytes | way | p50 us | p99 us | MB/s |\n| --- | --- | --- | --- | --- |\n");
  for (std::size_t size = 0; size < std::size(kSizes); ++size) {
    for (std::size_t way = 0; way < std::size(kWays); ++way) {
      Samples& of = samples[size][way];
      std::printf("| %zu | %s | %.0f | %.0f | %.1f |\n", kSizes[size], kWays[way].name,
                  static_cast<double>(percentile(of.took_ns, 50)) / 1e3,
                  static_cast<double>(percentile(of.took_ns, 99)) / 1e3,
                  median(of.bytes_per_s) / 1e6);
    }
  }
}

}  // namespace saker::bench
