// A kernel ring (io_uring) for one write at a time that is over only when it is on the disk.
#pragma once

#include <memory>
#include <string>

#include "common/bytes.hpp"

namespace saker::journal {

class DurableWrites {
 public:
  /// nullptr: `why` says what the host refuses.
  static std::unique_ptr<DurableWrites> create(std::string& why);
  virtual ~DurableWrites() = default;

  /// Begins a write, the one before being over. `in` has to stay as it is until wait(). False
  /// when the kernel does not take it; nothing is to be waited for then.
  virtual bool begin(int descriptor, std::uint64_t offset, Bytes in) = 0;
  /// Sleeps until it is on the disk: how many bytes, or a negative errno.
  virtual long wait() = 0;
};

}  // namespace saker::journal
