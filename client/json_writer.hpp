// Builds JSON text front to back; puts the commas.
//
//   JsonWriter json;
//   json.open('{').key("price").text("25.00").key("orders").number(3).close('}');
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

#include "common/types.hpp"

namespace saker::client {

class JsonWriter {
 public:
  JsonWriter& open(char bracket) {
    before_value();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    before_value();
    quote(name);
    out_ += ':';
    first_ = true;  // the value needs no comma
    return *this;
  }
  JsonWriter& text(std::string_view value) {
    before_value();
    quote(value);
    return *this;
  }
  JsonWriter& number(std::uint64_t value) { return plain(std::to_string(value)); }
  JsonWriter& signed_number(std::int64_t value) { return plain(std::to_string(value)); }
  /// With `digits` decimals; what is no number becomes null.
  JsonWriter& decimal(double value, int digits) {
    if (!std::isfinite(value)) return null();
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return plain(text);
  }
  JsonWriter& flag(bool value) { return plain(value ? "true" : "false"); }
  JsonWriter& null() { return plain("null"); }

  const std::string& str() const { return out_; }

 private:
  JsonWriter& plain(std::string_view value) {
    before_value();
    out_ += value;
    return *this;
  }
  void before_value() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void quote(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out_ += '"';
    for (const char c : text) {
      const auto code = static_cast<unsigned char>(c);
      if (code < 0x20) {
        out_ += "\\u00";
        out_ += kHex[code >> 4];
        out_ += kHex[code & 15];
        continue;
      }
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
    out_ += '"';
  }

  std::string out_;
  bool first_ = true;
};

}  // namespace saker::client
