#include "common/assert.hpp"
#include "web/fuzz.hpp"
#include "web/http_parser.hpp"

namespace saker::web {

namespace {

constexpr std::size_t kMostBody = 200;

std::string understand_answer(const std::string& bytes, std::size_t piece, bool head) {
  ResponseParser parser(kMostBody, head);
  std::string in;
  ParseStep step = ParseStep::NeedMore;
  for (std::size_t at = 0; at < bytes.size() && step == ParseStep::NeedMore; at += piece) {
    in.append(bytes, at, piece);
    step = parser.parse(in);
    SAKER_ASSERT(step != ParseStep::Header);
  }
  if (step == ParseStep::NeedMore) step = parser.parse_end();
  if (step != ParseStep::Complete) return "refused";
  const bool keep_alive = parser.keep_alive();
  const Response response = parser.take();
  SAKER_ASSERT(response.body.size() <= kMostBody && response.status / 100 != 1);
  SAKER_ASSERT(!head || response.body.empty());
  std::string told = std::to_string(response.status) + ' ' + response.content_type + ' ' +
                     response.body + (keep_alive ? " keep" : " close");
  for (const auto& [name, value] : response.headers) {
    for (const char c : name) SAKER_ASSERT(c < 'A' || c > 'Z');
    told += '\n' + name + ':' + value;
  }
  return told;
}

}  // namespace

void fuzz_http_response(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t piece = data[0] % 16 + 1;
  const bool head = (data[0] & 0x80) != 0;
  SAKER_ASSERT(understand_answer(bytes, piece, head) ==
               understand_answer(bytes, bytes.size() + 1, head));
}

}  // namespace saker::web
