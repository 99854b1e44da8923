#include "journal/durable_writes.hpp"

#include <liburing.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

namespace saker::journal {

namespace {

class UringWrites : public DurableWrites {
 public:
  ~UringWrites() override {
    if (open_) ::io_uring_queue_exit(&ring_);
  }
  int open() {
    const int result = ::io_uring_queue_init(2, &ring_, 0);
    open_ = result == 0;
    return result;
  }

  /// RWF_DSYNC: the kernel answers after the device's cache has been told to write it out.
  bool begin(int descriptor, std::uint64_t offset, Bytes in) override {
    io_uring_sqe* const entry = ::io_uring_get_sqe(&ring_);
    if (entry == nullptr) return false;
    ::io_uring_prep_write(entry, descriptor, in.data(), static_cast<unsigned>(in.size()), offset);
    entry->rw_flags = RWF_DSYNC;
    return ::io_uring_submit(&ring_) == 1;
  }

  long wait() override {
    io_uring_cqe* done = nullptr;
    int result = -EINTR;
    // Only the waiting is repeated after a signal, never the write.
    while (result == -EINTR) result = ::io_uring_wait_cqe(&ring_, &done);
    if (result < 0) return result;
    const long written = done->res;
    ::io_uring_cqe_seen(&ring_, done);
    return written;
  }

 private:
  io_uring ring_;
  bool open_ = false;
};

}  // namespace

std::unique_ptr<DurableWrites> DurableWrites::create(std::string& why) {
  auto ring = std::make_unique<UringWrites>();
  const int result = ring->open();
  if (result == 0) return ring;
  why = std::string("the kernel refuses io_uring: ") + std::strerror(-result);
  return nullptr;
}

}  // namespace saker::journal
