// net::Transport over an ordinary UDP socket: bursts by recvmmsg and sendmmsg, buffers made at
// start, the kernel's receive time when it gives one.
//
// receive(), send() and flush() never block. A loop that may sleep calls wait() when it has
// nothing to do; a busy one never does.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "net/endpoint.hpp"
#include "net/transport.hpp"

namespace saker::net {

struct UdpConfig {
  Endpoint bind;                      // port 0: any free one; a multicast group to receive it
  std::uint32_t burst = 64;           // datagrams per system call, each way
  std::uint32_t receive_buffer_bytes = 4u << 20;
  std::uint32_t send_buffer_bytes = 4u << 20;
  std::uint32_t busy_poll_us = 0;     // SO_BUSY_POLL, where the driver has it
  bool kernel_timestamps = true;
  bool reuse_address = false;         // several receivers of one group on this host
  std::uint32_t join_group = 0;       // receive this multicast group ..
  std::uint32_t interface = 0;        // .. on, and send multicast from, the interface with this
                                      // address; 0: the kernel's choice
  std::uint8_t multicast_ttl = 1;
  bool multicast_loop = true;         // local receivers see what we send
};

/// Written by the owner thread only.
struct UdpCounters {
  std::uint64_t received = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t truncated = 0;        // longer than kMaxDatagram
  std::uint64_t kernel_dropped = 0;   // lost before us, the receive buffer being full
  std::uint64_t receive_errors = 0;
  std::uint64_t sent = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t send_full = 0;        // flushes that left something queued for the next
  std::uint64_t send_dropped = 0;     // refused by reserve() or send(): everything full
  std::uint64_t send_errors = 0;      // datagrams the kernel refuses (no route, filtered)
  std::uint64_t waits = 0;            // times wait() slept
};

class UdpTransport {
 public:
  /// Opens and binds the socket. nullptr when that fails; `error` then says what and why.
  static std::unique_ptr<UdpTransport> open(const UdpConfig& config, std::string& error);
  ~UdpTransport();
  UdpTransport(const UdpTransport&) = delete;
  UdpTransport& operator=(const UdpTransport&) = delete;

  // The Transport concept. Buffers are 64-byte aligned.
  std::span<Datagram> receive();
  std::span<std::byte> reserve();
  void commit(Endpoint to, std::size_t size);
  bool send(Endpoint to, std::span<const std::byte> bytes) {
    return send_copy(*this, to, bytes);
  }
  std::size_t send_each(std::span<const Endpoint> to, std::span<const std::byte> bytes) {
    return send_copies(*this, to, bytes);
  }
  void flush();

  /// Sleeps until a datagram waits, `wake_fd` (when not -1) is readable, or `timeout_ns` is
  /// over. Does not read either. False after the time-out.
  bool wait(std::uint64_t timeout_ns, int wake_fd = -1);

  /// What the socket is bound to (the port is known even when any was asked for).
  Endpoint local() const { return local_; }
  int fd() const { return fd_; }
  const UdpCounters& counters() const { return counters_; }
  /// Anything the host did not grant (buffer sizes), one line each, for the start-up log.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  struct Slots;
  UdpTransport(int fd, Endpoint local, const UdpConfig& config, std::vector<std::string> notes);
  void read_control(const msghdr& header, Datagram& datagram);

  int fd_;
  Endpoint local_;
  std::vector<std::string> notes_;
  std::unique_ptr<Slots> in_;
  std::unique_ptr<Slots> out_;
  std::vector<Datagram> datagrams_;
  std::uint32_t first_unsent_ = 0;
  std::uint32_t queued_ = 0;          // slots used, those sent already included
  std::uint32_t kernel_dropped_seen_ = 0;
  UdpCounters counters_;
};
static_assert(Transport<UdpTransport>);

}  // namespace saker::net
