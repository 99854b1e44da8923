// Builds one line of `name=value` fields. Private to the text formatters of this folder.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "engine/command_text.hpp"

namespace saker::engine {

/// Name of a value of a generated enum, or its number when it has no name.
template <class Enum>
std::string enum_text(Enum value, const char* (*name)(Enum)) {
  const char* text = name(value);
  return text != nullptr && *text != '\0' ? std::string(text) : std::to_string(raw(value));
}

/// "Trade|View", "0" for none; unknown bits as a number.
std::string rights_text(proto::Rights rights);

class TextLine {
 public:
  TextLine(std::string_view title, const CommandNames* names) : text_(title), names_(names) {}

  TextLine& word(std::string_view name, std::string_view value) {
    text_.append(" ").append(name).append("=").append(value);
    return *this;
  }
  template <class T>
  TextLine& number(std::string_view name, T value) {
    static_assert(std::is_integral_v<T>);
    return word(name, std::to_string(value));
  }
  /// Left out when 0, which stands for "not given".
  template <class T>
  TextLine& given(std::string_view name, T value) {
    return value == 0 ? *this : number(name, value);
  }
  template <class Enum>
  TextLine& name(std::string_view name, Enum value, const char* (*to_text)(Enum)) {
    return word(name, enum_text(value, to_text));
  }
  /// A fixed array of characters, in quotes.
  template <class Array>
  TextLine& chars(std::string_view name, const Array* array) {
    const std::string_view bytes(reinterpret_cast<const char*>(array->data()), array->size());
    std::string quoted = "\"";
    quoted += escaped_text(bytes);
    quoted += '"';
    return word(name, quoted);
  }

  TextLine& asset(std::string_view name, std::uint32_t id);
  TextLine& market(std::uint32_t id);
  /// Units of `asset`, in whole ones when its decimals are known.
  TextLine& amount(std::string_view name, std::int64_t minor, std::uint32_t asset);
  /// Ticks or lots, decimal when the market is known; then the name loses its unit.
  TextLine& price(std::string_view name, std::int64_t ticks, std::uint32_t market);
  TextLine& quantity(std::string_view name, std::int64_t lots, std::uint32_t market);

  const CommandNames* names() const { return names_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  const CommandNames* names_;
};

}  // namespace saker::engine
