// JSON at the edges, strictly: Fields reads a request object (a JSON body, the params of a
// WebSocket request or a query string, all by the same code) and throws INVALID_REQUEST naming
// the field; Writer writes replies. There are no floating-point numbers: money is decimal text.
//
//   const Fields body = request.json();
//   const std::string market = body.need_text("market");
//   const auto side = body.need_choice("side", {"buy", "sell"});
//   const auto price = body.decimal("price", 2);      // std::optional<std::int64_t>
//   body.reject_unknown();                            // once, after everything was asked for
//
//   Writer out;
//   out.begin_object().field("market", market).field("sequence", sequence);
//   out.key("bids").begin_array(); … out.end_array().end_object();
//   return json_response(out.take());
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/error.hpp"

namespace saker::web {

struct JsonLimits {
  unsigned depth = 16;           // of nested arrays and objects
  std::uint32_t nodes = 65'536;  // values altogether
};

struct JsonDocument;
class Fields;

/// One value of a parsed document; cheap to copy, keeps the document alive.
class JsonValue {
 public:
  enum class Kind : std::uint8_t { Null, Boolean, Integer, Fraction, Text, Array, Object };

  Kind kind() const;
  bool is_null() const { return kind() == Kind::Null; }

  // These throw INVALID_REQUEST, naming the place, when the value is of another kind or out of
  // range. Texts are valid UTF-8 and live as long as the document.
  bool boolean() const;
  std::int64_t integer(std::int64_t min = INT64_MIN, std::int64_t max = INT64_MAX) const;
  std::string_view text() const;
  Fields object() const;
  std::vector<JsonValue> array(std::size_t most = SIZE_MAX) const;
  /// "orders[2].price"; empty for the document itself.
  const std::string& place() const { return place_; }
  /// The value as JSON text again.
  std::string dump() const;

 private:
  friend class Fields;
  friend JsonValue parse_json(std::string_view, const JsonLimits&);
  friend Fields read_query(std::string_view query);
  JsonValue(std::shared_ptr<JsonDocument> document, std::uint32_t node, std::string place)
      : document_(std::move(document)), node_(node), place_(std::move(place)) {}
  [[noreturn]] void wrong(const std::string& expected) const;

  std::shared_ptr<JsonDocument> document_;
  std::uint32_t node_;
  std::string place_;
};

/// Throws INVALID_REQUEST for anything that is not one JSON value in valid UTF-8: trailing bytes,
/// duplicate keys, comments, numbers beyond 64 bits, too deep, too many.
JsonValue parse_json(std::string_view text, const JsonLimits& limits = {});

/// The members of an object, asked for by name. An optional field that is null counts as absent.
class Fields {
 public:
  bool has(std::string_view key) const;

  std::string need_text(std::string_view key, std::size_t most_bytes = 1'024) const;
  std::optional<std::string> text(std::string_view key, std::size_t most_bytes = 1'024) const;
  std::int64_t need_integer(std::string_view key, std::int64_t min, std::int64_t max) const;
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min,
                                      std::int64_t max) const;
  bool need_boolean(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  /// An id: decimal text of a number 0..2^64-1 without sign or leading zeros.
  std::uint64_t need_id(std::string_view key) const;
  std::optional<std::uint64_t> id(std::string_view key) const;
  /// Decimal text, exactly, in units of 10^-decimals; negative ones are for the caller to refuse.
  std::int64_t need_decimal(std::string_view key, unsigned decimals) const;
  std::optional<std::int64_t> decimal(std::string_view key, unsigned decimals) const;
  /// One of `options`; the optional form answers nothing when absent.
  std::string need_choice(std::string_view key,
                          std::initializer_list<std::string_view> options) const;
  std::optional<std::string> choice(std::string_view key,
                                    std::initializer_list<std::string_view> options) const;
  JsonValue need(std::string_view key) const;
  std::optional<JsonValue> value(std::string_view key) const;
  Fields need_object(std::string_view key) const;
  std::vector<JsonValue> need_array(std::string_view key, std::size_t most) const;

  /// All names there are, in the order they were sent.
  std::vector<std::string> names() const;
  /// Throws INVALID_REQUEST when there is a member that nobody asked for.
  void reject_unknown() const;
  /// Throws INVALID_REQUEST about `key`.
  [[noreturn]] void fail(std::string_view key, const std::string& message) const;

 private:
  friend class JsonValue;
  explicit Fields(JsonValue object) : object_(std::move(object)) {}
  std::optional<JsonValue> find(std::string_view key) const;
  std::string place_of(std::string_view key) const;
  JsonValue object_;
};

/// "market=KCN%2FEUR&limit=5" as Fields: values are texts, and integers and booleans are read from
/// them. Throws INVALID_REQUEST for bad escapes and for a name that is there twice.
Fields read_query(std::string_view query);

/// Appends JSON to a text. Calls must nest properly; the writer does the commas. Text that is not
/// UTF-8 is written with replacement characters.
class Writer {
 public:
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  Writer& value(bool flag);
  Writer& value(int number) { return value(static_cast<std::int64_t>(number)); }
  Writer& value(unsigned number) { return value(static_cast<std::uint64_t>(number)); }
  Writer& value(std::int64_t number);
  Writer& value(std::uint64_t number);
  Writer& value(long long number) { return value(static_cast<std::int64_t>(number)); }
  Writer& value(unsigned long long number) { return value(static_cast<std::uint64_t>(number)); }
  Writer& value(std::nullptr_t);
  Writer& value(double) = delete;
  template <class T>
  Writer& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : value(nullptr);
  }
  /// An id: a number as text, because JavaScript numbers end at 2^53.
  Writer& id(std::uint64_t number);
  /// Text that is JSON already.
  Writer& raw(std::string_view json);

  template <class T>
  Writer& field(std::string_view name, const T& what) {
    return key(name).value(what);
  }
  Writer& field_id(std::string_view name, std::uint64_t number) { return key(name).id(number); }

  const std::string& text() const { return text_; }
  /// The text; the writer is empty and can be used again.
  std::string take();

 private:
  void separate();
  std::string text_;
};

}  // namespace saker::web
