#include "web/json.hpp"

#include <algorithm>
#include <charconv>

#include "common/decimal.hpp"
#include "web/json_document.hpp"
#include "web/percent.hpp"

namespace saker::web {

namespace {

/// Strictly: an optional '-', then digits without leading zeros.
template <class Int>
bool read_whole(std::string_view text, Int& number) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || (digits.front() == '0' && (digits.size() > 1 || text.front() == '-'))) {
    return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string quoted_list(std::initializer_list<std::string_view> options) {
  std::string list;
  for (const std::string_view option : options) {
    if (!list.empty()) list += ", ";
    list.append("\"").append(option).append("\"");
  }
  return list;
}

void dump_node(const JsonDocument& document, std::uint32_t index, Writer& out) {
  const JsonDocument::Node& node = document.nodes[index];
  const auto children = [&] {
    for (std::uint32_t i = node.first_child; i != 0; i = document.nodes[i].next) {
      if (node.kind == JsonValue::Kind::Object) out.key(document.view(document.nodes[i].key));
      dump_node(document, i, out);
    }
  };
  switch (node.kind) {
    case JsonValue::Kind::Null: out.value(nullptr); break;
    case JsonValue::Kind::Boolean: out.value(node.integer != 0); break;
    case JsonValue::Kind::Integer:
      if (node.above_signed) out.value(static_cast<std::uint64_t>(node.integer));
      else out.value(node.integer);
      break;
    case JsonValue::Kind::Fraction: out.raw(document.view(node.text)); break;
    case JsonValue::Kind::Text: out.value(document.view(node.text)); break;
    case JsonValue::Kind::Array:
      out.begin_array();
      children();
      out.end_array();
      break;
    case JsonValue::Kind::Object:
      out.begin_object();
      children();
      out.end_object();
      break;
  }
}

}  // namespace

JsonValue::Kind JsonValue::kind() const { return document_->nodes[node_].kind; }

void JsonValue::wrong(const std::string& expected) const {
  throw invalid_request((place_.empty() ? "the request" : place_) + " must be " + expected);
}

bool JsonValue::boolean() const {
  const JsonDocument::Node& node = document_->nodes[node_];
  if (node.kind == Kind::Boolean) return node.integer != 0;
  if (document_->loose && text() == "true") return true;
  if (!document_->loose || text() != "false") wrong("true or false");
  return false;
}

std::int64_t JsonValue::integer(std::int64_t min, std::int64_t max) const {
  const JsonDocument::Node& node = document_->nodes[node_];
  std::int64_t number = node.integer;
  const bool is_integer = document_->loose ? read_whole(text(), number)
                                           : node.kind == Kind::Integer && !node.above_signed;
  if (!is_integer || number < min || number > max) {
    wrong(min == INT64_MIN && max == INT64_MAX
              ? "an integer"
              : "an integer from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return number;
}

std::string_view JsonValue::text() const {
  const JsonDocument::Node& node = document_->nodes[node_];
  if (node.kind != Kind::Text) wrong("a string");
  return document_->view(node.text);
}

Fields JsonValue::object() const {
  if (kind() != Kind::Object) wrong("an object");
  return Fields(*this);
}

std::vector<JsonValue> JsonValue::array(std::size_t most) const {
  const JsonDocument::Node& node = document_->nodes[node_];
  if (node.kind != Kind::Array) wrong("an array");
  if (node.children > most) wrong("an array of at most " + std::to_string(most) + " elements");
  std::vector<JsonValue> elements;
  elements.reserve(node.children);
  for (std::uint32_t i = node.first_child; i != 0; i = document_->nodes[i].next) {
    elements.push_back(
        JsonValue(document_, i, place_ + "[" + std::to_string(elements.size()) + "]"));
  }
  return elements;
}

std::string JsonValue::dump() const {
  Writer out;
  dump_node(*document_, node_, out);
  return out.take();
}

std::string Fields::place_of(std::string_view key) const {
  return object_.place_.empty() ? std::string(key) : object_.place_ + "." + std::string(key);
}

std::optional<JsonValue> Fields::find(std::string_view key) const {
  const std::uint32_t index = object_.document_->member(object_.node_, key);
  if (index == 0) return std::nullopt;
  object_.document_->nodes[index].asked = true;
  return JsonValue(object_.document_, index, place_of(key));
}

bool Fields::has(std::string_view key) const {
  const auto found = find(key);
  return found && !found->is_null();
}

std::optional<JsonValue> Fields::value(std::string_view key) const {
  auto found = find(key);
  if (found && found->is_null()) found.reset();
  return found;
}

JsonValue Fields::need(std::string_view key) const {
  auto found = value(key);
  if (!found) throw invalid_request(place_of(key) + " is missing");
  return *found;
}

void Fields::fail(std::string_view key, const std::string& message) const {
  throw invalid_request(place_of(key) + " " + message);
}

std::optional<std::string> Fields::text(std::string_view key, std::size_t most_bytes) const {
  const auto found = value(key);
  if (!found) return std::nullopt;
  const std::string_view text = found->text();
  if (text.size() > most_bytes) {
    fail(key, "must be at most " + std::to_string(most_bytes) + " bytes long");
  }
  return std::string(text);
}

std::string Fields::need_text(std::string_view key, std::size_t most_bytes) const {
  need(key);
  return *text(key, most_bytes);
}

std::optional<std::int64_t> Fields::integer(std::string_view key, std::int64_t min,
                                            std::int64_t max) const {
  const auto found = value(key);
  return found ? std::optional(found->integer(min, max)) : std::nullopt;
}

std::int64_t Fields::need_integer(std::string_view key, std::int64_t min,
                                  std::int64_t max) const {
  return need(key).integer(min, max);
}

std::optional<bool> Fields::boolean(std::string_view key) const {
  const auto found = value(key);
  return found ? std::optional(found->boolean()) : std::nullopt;
}

bool Fields::need_boolean(std::string_view key) const { return need(key).boolean(); }

std::optional<std::uint64_t> Fields::id(std::string_view key) const {
  const auto found = value(key);
  if (!found) return std::nullopt;
  std::uint64_t number = 0;
  if (!read_whole(found->text(), number)) fail(key, "must be an id: a whole number as a string");
  return number;
}

std::uint64_t Fields::need_id(std::string_view key) const {
  need(key);
  return *id(key);
}

std::optional<std::int64_t> Fields::decimal(std::string_view key, unsigned decimals) const {
  const auto found = value(key);
  if (!found) return std::nullopt;
  const auto number = parse_decimal(found->text(), decimals);
  if (!number) {
    fail(key, "must be a decimal number as a string, with at most " + std::to_string(decimals) +
                  " places after the point");
  }
  return number;
}

std::int64_t Fields::need_decimal(std::string_view key, unsigned decimals) const {
  need(key);
  return *decimal(key, decimals);
}

std::optional<std::string> Fields::choice(std::string_view key,
                                          std::initializer_list<std::string_view> options) const {
  auto chosen = text(key);
  if (chosen && std::find(options.begin(), options.end(), *chosen) == options.end()) {
    fail(key, "must be one of " + quoted_list(options));
  }
  return chosen;
}

std::string Fields::need_choice(std::string_view key,
                                std::initializer_list<std::string_view> options) const {
  need(key);
  return *choice(key, options);
}

Fields Fields::need_object(std::string_view key) const { return need(key).object(); }

std::vector<JsonValue> Fields::need_array(std::string_view key, std::size_t most) const {
  return need(key).array(most);
}

std::vector<std::string> Fields::names() const {
  const JsonDocument& document = *object_.document_;
  std::vector<std::string> names;
  for (std::uint32_t i = document.nodes[object_.node_].first_child; i != 0;
       i = document.nodes[i].next) {
    names.emplace_back(document.view(document.nodes[i].key));
  }
  return names;
}

void Fields::reject_unknown() const {
  const JsonDocument& document = *object_.document_;
  for (std::uint32_t i = document.nodes[object_.node_].first_child; i != 0;
       i = document.nodes[i].next) {
    if (!document.nodes[i].asked) fail(document.view(document.nodes[i].key), "is not known");
  }
}

Fields read_query(std::string_view query) {
  auto document = std::make_shared<JsonDocument>();
  document->loose = true;
  document->add(0, JsonValue::Kind::Object);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name, text;
    if (!percent_decode(pair.substr(0, equals), true, name) ||
        !percent_decode(pair.substr(std::min(equals + 1, pair.size())), true, text)) {
      throw invalid_request("the query has a bad escape or is not UTF-8");
    }
    if (document->member(0, name) != 0) throw invalid_request(name + " is there twice");
    if (document->nodes.size() > 64) throw invalid_request("the query has too many fields");
    const std::uint32_t index = document->add(0, JsonValue::Kind::Text);
    document->nodes[index].key = document->keep(name);
    document->nodes[index].text = document->keep(text);
  }
  return JsonValue(std::move(document), 0, "").object();
}

}  // namespace saker::web
