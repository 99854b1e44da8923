#include <charconv>

#include "web/json.hpp"
#include "web/percent.hpp"

namespace saker::web {

namespace {

/// Appends `text` as a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (length == 1 && static_cast<unsigned char>(c) < 0x20) {
      out += {'\\', 'u', '0', '0', kDigits[c >> 4], kDigits[c & 15]};
    } else {
      out.append(text, 0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

template <class Int>
void append_number(std::string& out, Int number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace

/// A value needs a comma before it unless it is the first of its array or follows its key.
void Writer::separate() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

Writer& Writer::begin_object() {
  separate();
  text_ += '{';
  return *this;
}
Writer& Writer::end_object() {
  text_ += '}';
  return *this;
}
Writer& Writer::begin_array() {
  separate();
  text_ += '[';
  return *this;
}
Writer& Writer::end_array() {
  text_ += ']';
  return *this;
}
Writer& Writer::key(std::string_view name) {
  separate();
  append_string(text_, name);
  text_ += ':';
  return *this;
}
Writer& Writer::value(std::string_view text) {
  separate();
  append_string(text_, text);
  return *this;
}
Writer& Writer::value(bool flag) { return raw(flag ? "true" : "false"); }
Writer& Writer::value(std::int64_t number) {
  separate();
  append_number(text_, number);
  return *this;
}
Writer& Writer::value(std::uint64_t number) {
  separate();
  append_number(text_, number);
  return *this;
}
Writer& Writer::value(std::nullptr_t) { return raw("null"); }
Writer& Writer::id(std::uint64_t number) {
  separate();
  text_ += '"';
  append_number(text_, number);
  text_ += '"';
  return *this;
}
Writer& Writer::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

std::string Writer::take() {
  std::string taken = std::move(text_);
  text_.clear();
  return taken;
}

}  // namespace saker::web
