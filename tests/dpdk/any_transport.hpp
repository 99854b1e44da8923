// One type for whatever the flow client trades over, chosen at start. A virtual call per packet is
// nothing here, and everything above compiles once.
#pragma once

#include <memory>

#include "net/impaired.hpp"

namespace saker::tests {

class AnyTransport {
 public:
  virtual ~AnyTransport() = default;
  virtual std::span<net::Datagram> receive() = 0;
  virtual std::span<std::byte> reserve() = 0;
  virtual void commit(net::Endpoint to, std::size_t size) = 0;
  virtual bool send(net::Endpoint to, std::span<const std::byte> bytes) = 0;
  virtual std::size_t send_each(std::span<const net::Endpoint> to,
                                std::span<const std::byte> bytes) = 0;
  virtual void flush() = 0;
  /// What a bad network did to the datagrams, both directions added; nothing to a good one's.
  virtual net::ImpairedCounters impairments() const { return {}; }
};
static_assert(net::Transport<AnyTransport>);

/// Another transport as one of these. Who adds something to it derives from this.
template <net::Transport Inner>
class BoxedTransport : public AnyTransport {
 public:
  explicit BoxedTransport(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
  std::span<net::Datagram> receive() override { return inner_->receive(); }
  std::span<std::byte> reserve() override { return inner_->reserve(); }
  void commit(net::Endpoint to, std::size_t size) override { inner_->commit(to, size); }
  bool send(net::Endpoint to, std::span<const std::byte> bytes) override {
    return inner_->send(to, bytes);
  }
  std::size_t send_each(std::span<const net::Endpoint> to,
                        std::span<const std::byte> bytes) override {
    return inner_->send_each(to, bytes);
  }
  void flush() override { inner_->flush(); }

 protected:
  Inner& inner() { return *inner_; }
  const Inner& inner() const { return *inner_; }

 private:
  std::unique_ptr<Inner> inner_;
};

template <net::Transport Inner>
std::unique_ptr<AnyTransport> boxed(std::unique_ptr<Inner> inner) {
  return std::make_unique<BoxedTransport<Inner>>(std::move(inner));
}

}  // namespace saker::tests
