#include "net/socket_fallback/udp_transport.hpp"

#include <arpa/inet.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/assert.hpp"
#include "common/clock.hpp"

namespace saker::net {

namespace {

// proto::TimestampSource, which this folder does not include.
constexpr std::uint8_t kSoftwareTime = 1;
constexpr std::uint8_t kKernelTime = 2;

/// How often flush() offers the rest again when the kernel took only a part.
constexpr int kSendTries = 4;

sockaddr_in to_sockaddr(Endpoint endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(endpoint.address);
  return address;
}

Endpoint to_endpoint(const sockaddr_in& address) {
  return {ntohl(address.sin_addr.s_addr), ntohs(address.sin_port)};
}

struct alignas(kCacheLine) Buffer {
  // More than kMaxDatagram, so that a little too long is seen whole, and still one power of two.
  std::byte bytes[2048];
};

struct alignas(kCacheLine) Control {
  std::byte bytes[CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(std::uint32_t))];
};

template <class T>
bool set_option(int fd, int level, int option, const T& value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

std::string reason(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

/// Asks for a buffer of `bytes`, as root beyond the host's limit; a note when it stays smaller.
void size_buffer(int fd, int option, int force_option, std::uint32_t bytes, const char* name,
                 const char* limit, std::vector<std::string>& notes) {
  const int wanted = static_cast<int>(bytes);
  if (!set_option(fd, SOL_SOCKET, force_option, wanted)) set_option(fd, SOL_SOCKET, option, wanted);
  int got = 0;
  socklen_t size = sizeof got;
  ::getsockopt(fd, SOL_SOCKET, option, &got, &size);
  if (got / 2 >= wanted) return;  // the kernel counts its own overhead in
  notes.push_back(std::string(name) + " buffer is " + std::to_string(got / 2) + " of " +
                  std::to_string(bytes) + " bytes; raise " + limit);
}

bool set_multicast(int fd, const UdpConfig& config, std::string& error) {
  const in_addr interface{htonl(config.interface)};
  const int ttl = config.multicast_ttl;
  const int loop = config.multicast_loop ? 1 : 0;
  if (!set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, ttl) ||
      !set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, loop) ||
      (config.interface != 0 && !set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, interface))) {
    error = reason("multicast options are refused");
    return false;
  }
  if (config.join_group == 0) return true;
  // Without this a socket gets every group that anyone on the host has joined.
  set_option(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  ip_mreq request{};
  request.imr_multiaddr.s_addr = htonl(config.join_group);
  request.imr_interface = interface;
  if (set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request)) return true;
  error = reason(("group " + address_text(config.join_group) + " cannot be joined").c_str());
  return false;
}

bool configure(int fd, const UdpConfig& config, std::vector<std::string>& notes,
               std::string& error) {
  size_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, config.receive_buffer_bytes, "receive",
              "net.core.rmem_max", notes);
  size_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, config.send_buffer_bytes, "send",
              "net.core.wmem_max", notes);
  set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (config.kernel_timestamps && !set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1)) {
    notes.push_back("no receive times from the kernel");
  }
  if (config.busy_poll_us > 0 &&
      !set_option(fd, SOL_SOCKET, SO_BUSY_POLL, static_cast<int>(config.busy_poll_us))) {
    notes.push_back(reason("busy polling in the driver is refused"));
  }
  if (config.reuse_address && !set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1)) {
    error = reason("SO_REUSEADDR is refused");
    return false;
  }
  return set_multicast(fd, config, error);
}

}  // namespace

/// Everything one direction hands to the kernel, made once.
struct UdpTransport::Slots {
  explicit Slots(std::uint32_t count)
      : buffers(count), controls(count), vectors(count), addresses(count), headers(count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      vectors[i] = {buffers[i].bytes, sizeof(Buffer::bytes)};
      headers[i] = {};
      headers[i].msg_hdr.msg_name = &addresses[i];
      headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
  }
  std::vector<Buffer> buffers;
  std::vector<Control> controls;
  std::vector<iovec> vectors;
  std::vector<sockaddr_in> addresses;
  std::vector<mmsghdr> headers;
};

std::unique_ptr<UdpTransport> UdpTransport::open(const UdpConfig& config, std::string& error) {
  SAKER_ASSERT(config.burst >= 1 && config.burst <= 1024);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error = reason("no socket to be had");
    return nullptr;
  }
  std::vector<std::string> notes;
  sockaddr_in address = to_sockaddr(config.bind);
  socklen_t size = sizeof address;
  bool good = configure(fd, config, notes, error);
  if (good && ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    error = reason((endpoint_text(config.bind) + " cannot be bound").c_str());
    good = false;
  }
  if (!good || ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    ::close(fd);
    return nullptr;
  }
  return std::unique_ptr<UdpTransport>(
      new UdpTransport(fd, to_endpoint(address), config, std::move(notes)));
}

UdpTransport::UdpTransport(int fd, Endpoint local, const UdpConfig& config,
                           std::vector<std::string> notes)
    : fd_(fd),
      local_(local),
      notes_(std::move(notes)),
      in_(std::make_unique<Slots>(config.burst)),
      out_(std::make_unique<Slots>(config.burst)),
      datagrams_(config.burst) {}

UdpTransport::~UdpTransport() { ::close(fd_); }

std::span<Datagram> UdpTransport::receive() {
  auto& headers = in_->headers;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    headers[i].msg_hdr.msg_control = in_->controls[i].bytes;
    headers[i].msg_hdr.msg_controllen = sizeof(Control::bytes);
  }
  // MSG_TRUNC asks for the datagram's real length, however much of it fits.
  const int got = ::recvmmsg(fd_, headers.data(), static_cast<unsigned>(headers.size()),
                             MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (got <= 0) {
    if (got < 0 && errno != EAGAIN && errno != EINTR) ++counters_.receive_errors;
    return {};
  }
  const TimeNs now_ns = UtcClock().now_ns();
  for (int i = 0; i < got; ++i) {
    Datagram& datagram = datagrams_[static_cast<std::size_t>(i)];
    const mmsghdr& header = headers[static_cast<std::size_t>(i)];
    datagram.data = in_->buffers[static_cast<std::size_t>(i)].bytes;
    datagram.size = header.msg_len;
    datagram.peer = to_endpoint(in_->addresses[static_cast<std::size_t>(i)]);
    datagram.received_ns = now_ns;
    datagram.received_source = kSoftwareTime;
    read_control(header.msg_hdr, datagram);
    ++counters_.received;
    counters_.received_bytes += datagram.size;
    if (datagram.size > kMaxDatagram) ++counters_.truncated;
  }
  return {datagrams_.data(), static_cast<std::size_t>(got)};
}

void UdpTransport::read_control(const msghdr& header, Datagram& datagram) {
  auto* mutable_header = const_cast<msghdr*>(&header);  // the macros' signature
  for (cmsghdr* c = CMSG_FIRSTHDR(mutable_header); c != nullptr;
       c = CMSG_NXTHDR(mutable_header, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SO_TIMESTAMPNS) {
      timespec time;
      std::memcpy(&time, CMSG_DATA(c), sizeof time);
      datagram.received_ns = static_cast<TimeNs>(time.tv_sec) * 1'000'000'000 +
                             static_cast<TimeNs>(time.tv_nsec);
      datagram.received_source = kKernelTime;
    } else if (c->cmsg_type == SO_RXQ_OVFL) {
      std::uint32_t dropped;  // since the socket was opened, wrapping
      std::memcpy(&dropped, CMSG_DATA(c), sizeof dropped);
      counters_.kernel_dropped += dropped - kernel_dropped_seen_;
      kernel_dropped_seen_ = dropped;
    }
  }
}

std::span<std::byte> UdpTransport::reserve() {
  auto& headers = out_->headers;
  if (queued_ == headers.size()) {
    flush();
    // What is left moves to the front; headers own their slots, so moving them is enough.
    std::rotate(headers.begin(), headers.begin() + first_unsent_, headers.end());
    queued_ -= first_unsent_;
    first_unsent_ = 0;
    if (queued_ == headers.size()) {
      ++counters_.send_dropped;
      return {};
    }
  }
  return {static_cast<std::byte*>(headers[queued_].msg_hdr.msg_iov->iov_base), kMaxDatagram};
}

void UdpTransport::commit(Endpoint to, std::size_t size) {
  SAKER_ASSERT(size <= kMaxDatagram && queued_ < out_->headers.size());
  msghdr& header = out_->headers[queued_++].msg_hdr;
  *static_cast<sockaddr_in*>(header.msg_name) = to_sockaddr(to);
  header.msg_iov->iov_len = size;
}

void UdpTransport::flush() {
  for (int tries = 0; first_unsent_ < queued_ && tries < kSendTries;) {
    const int sent = ::sendmmsg(fd_, &out_->headers[first_unsent_], queued_ - first_unsent_,
                                MSG_DONTWAIT);
    if (sent > 0) {
      for (int i = 0; i < sent; ++i) {
        counters_.sent_bytes += out_->headers[first_unsent_ + static_cast<unsigned>(i)].msg_len;
      }
      counters_.sent += static_cast<std::uint64_t>(sent);
      first_unsent_ += static_cast<std::uint32_t>(sent);
    } else if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) {
      ++tries;
    } else {
      // This one datagram is refused; those behind it have nothing to do with it.
      ++counters_.send_errors;
      ++first_unsent_;
    }
  }
  if (first_unsent_ == queued_) {
    first_unsent_ = 0;
    queued_ = 0;
  } else {
    ++counters_.send_full;
  }
}

bool UdpTransport::wait(std::uint64_t timeout_ns, int wake_fd) {
  pollfd descriptors[2] = {{fd_, POLLIN, 0}, {wake_fd, POLLIN, 0}};
  if (first_unsent_ < queued_) descriptors[0].events |= POLLOUT;
  // A century is for ever, and keeps the seconds in range.
  timeout_ns = std::min(timeout_ns, std::uint64_t{100} * 365 * 86'400 * 1'000'000'000);
  const timespec timeout{static_cast<time_t>(timeout_ns / 1'000'000'000),
                         static_cast<long>(timeout_ns % 1'000'000'000)};
  ++counters_.waits;
  return ::ppoll(descriptors, wake_fd < 0 ? 1 : 2, &timeout, nullptr) != 0;
}

}  // namespace saker::net
