// Inside web/ only: the nodes of a parsed JSON document. Texts lie one after another in `texts`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "web/json.hpp"

namespace saker::web {

struct JsonDocument {
  struct Span {
    std::uint32_t at = 0, size = 0;
  };
  struct Node {
    JsonValue::Kind kind = JsonValue::Kind::Null;
    bool above_signed = false;  // the integer is one of 2^63..2^64-1, kept as its bits
    mutable bool asked = false;
    Span key, text;
    std::int64_t integer = 0;  // also the boolean
    std::uint32_t first_child = 0, last_child = 0, next = 0;  // 0: none (the root is no child)
    std::uint32_t children = 0;
  };

  std::string_view view(Span span) const {
    return std::string_view(texts).substr(span.at, span.size);
  }
  Span keep(std::string_view text) {
    texts += text;
    return {static_cast<std::uint32_t>(texts.size() - text.size()),
            static_cast<std::uint32_t>(text.size())};
  }
  /// Appends a node to the children of `parent` (which is one, unless this is the root).
  std::uint32_t add(std::uint32_t parent, JsonValue::Kind kind) {
    const auto index = static_cast<std::uint32_t>(nodes.size());
    nodes.emplace_back().kind = kind;
    if (index == 0) return 0;
    Node& above = nodes[parent];
    if (above.last_child != 0) nodes[above.last_child].next = index;
    if (above.first_child == 0) above.first_child = index;
    above.last_child = index;
    ++above.children;
    return index;
  }
  /// The member `key` of the object `parent`, or 0.
  std::uint32_t member(std::uint32_t parent, std::string_view key) const {
    for (std::uint32_t i = nodes[parent].first_child; i != 0; i = nodes[i].next) {
      if (view(nodes[i].key) == key) return i;
    }
    return 0;
  }

  std::vector<Node> nodes;
  std::string texts;
  bool loose = false;  // a query string: integers and booleans are written as text
};

}  // namespace saker::web
