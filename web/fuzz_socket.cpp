#include <unistd.h>

#include "common/assert.hpp"
#include "common/fuzz.hpp"
#include "web/fuzz.hpp"
#include "web/fuzz_peer.hpp"
#include "web/json.hpp"
#include "web/percent.hpp"
#include "web/socket_stream.hpp"

namespace saker::web {

namespace {

constexpr std::size_t kMostMessage = 600;
constexpr std::size_t kMostInput = 8'192;

using Texts = std::vector<std::string>;

// ---- what RFC 6455 says, read slowly ---------------------------------------------------------

struct Frame {
  bool good = false;
  bool fin = false;
  unsigned opcode = 0;
  std::string payload;
};

Frame take_frame(std::string& bytes) {
  Frame frame;
  if (bytes.size() < 2) return frame;
  const auto at = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  frame.fin = (at(0) & 0x80) != 0;
  frame.opcode = at(0) & 0x0F;
  const bool known = frame.opcode <= 2 || (frame.opcode >= 8 && frame.opcode <= 10);
  if ((at(0) & 0x70) != 0 || !known || (at(1) & 0x80) == 0) return frame;
  std::uint64_t length = at(1) & 0x7F;
  if (frame.opcode >= 8 && (!frame.fin || length > 125)) return frame;
  const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < 2 + extra + 4) return frame;
  if (extra != 0) {
    length = 0;
    for (std::size_t i = 0; i < extra; ++i) length = length << 8 | at(2 + i);
    if (length < (extra == 2 ? 126u : 65'536u) || length >> 63 != 0) return frame;
  }
  const std::size_t begin = 2 + extra + 4;
  if (bytes.size() - begin < length) return frame;
  frame.payload = bytes.substr(begin, length);
  for (std::size_t i = 0; i < length; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ bytes[begin - 4 + i % 4]);
  }
  bytes.erase(0, begin + length);
  frame.good = true;
  return frame;
}

/// The messages that the bytes bring before the connection ends for one reason or another.
Texts texts_of(std::string bytes) {
  Texts texts;
  std::string message;
  unsigned kind = 0;  // of the message under way
  while (true) {
    const Frame frame = take_frame(bytes);
    if (!frame.good || frame.opcode == 8) return texts;
    if (frame.opcode >= 9) continue;
    if ((frame.opcode == 0) == (kind == 0)) return texts;  // goes on with none, or breaks in
    if (frame.opcode != 0) kind = frame.opcode;
    message += frame.payload;
    if (message.size() > kMostMessage) return texts;
    if (!frame.fin) continue;
    if (kind != 1 || !is_utf8(message)) return texts;
    texts.push_back(std::move(message));
    message.clear();
    kind = 0;
  }
}

// ---- the server's end --------------------------------------------------------------------------

Texts understand_socket(const std::string& bytes, std::size_t cut) {
  static Loop loop;
  int ends[2];
  SAKER_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  Texts texts;
  bool gone = false;
  int opened = 0, closed = 0;
  SocketLimits limits;
  limits.max_message_bytes = kMostMessage;
  limits.send_buffer_bytes = 0;
  StreamEvents events;
  events.on_open = [&] { ++opened; };
  events.on_text = [&](std::string_view text) {
    SAKER_ASSERT(opened == 1 && closed == 0 && text.size() <= kMostMessage && is_utf8(text));
    texts.emplace_back(text);
  };
  events.on_close = [&](std::uint16_t, unsigned) { ++closed; };
  events.on_gone = [&] { gone = true; };
  auto stream = SocketStream::accept(
      loop, ends[0],
      "GET /ws HTTP/1.1\r\nHost: v\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      limits, "fuzz", std::move(events));
  SAKER_ASSERT(loop.run_until([&] { return opened == 1; }, kFuzzPatienceNs));
  cut = std::min(cut, bytes.size());
  for (const auto piece : {std::string_view(bytes).substr(0, cut),
                           std::string_view(bytes).substr(cut)}) {
    if (!piece.empty() && !put_piece(loop, ends[1], piece)) break;
  }
  ::shutdown(ends[1], SHUT_WR);
  SAKER_ASSERT(loop.run_until([&] { return gone && closed == 1; }, kFuzzPatienceNs));
  stream.reset();
  ::close(ends[1]);
  return texts;
}

/// Frames as a client would build them, or almost.
std::string build_frames(FuzzInput& input) {
  std::string bytes;
  while (!input.empty() && bytes.size() < kMostInput) {
    const std::uint8_t first = input.byte();
    const std::uint8_t form = input.byte();
    std::string payload = input.text(input.byte() % 140);
    if ((form & 8) != 0) payload.append(std::size_t{form} * 3, 'a');
    const std::size_t size = payload.size();
    const int wide = (form & 3) == 2 ? 8 : (form & 3) == 1 || size > 125 ? 2 : 0;
    const int mask_bit = (form & 4) != 0 && form > 200 ? 0 : 0x80;
    bytes += static_cast<char>(first);
    const int length = wide == 8 ? 127 : wide == 2 ? 126 : static_cast<int>(size);
    bytes += static_cast<char>(mask_bit | length);
    for (int i = wide - 1; i >= 0; --i) bytes += static_cast<char>(size >> 8 * i);
    const std::string key = {static_cast<char>(form), 'k', '\0', '\xFF'};
    if (mask_bit != 0) bytes += key;
    for (std::size_t i = 0; i < size; ++i) {
      bytes += static_cast<char>(payload[i] ^ (mask_bit != 0 ? key[i % 4] : 0));
    }
  }
  return bytes;
}

}  // namespace

void fuzz_socket(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const std::uint8_t first = input.byte();
  const std::string bytes = first % 2 == 1 ? input.text(kMostInput) : build_frames(input);
  SAKER_ASSERT(understand_socket(bytes, first / 2) == texts_of(bytes));
}

}  // namespace saker::web
