// Reads JSON with Boost.JSON's incremental parser into our own nodes: its own values keep the last
// of two equal keys and turn numbers beyond 64 bits into floating point, and we refuse both.
#include <boost/json/basic_parser_impl.hpp>

#include "web/json_document.hpp"

namespace saker::web {

namespace {

namespace bj = boost::json;
using Kind = JsonValue::Kind;
using Code = boost::system::error_code;

constexpr std::uint32_t kMostMembers = 1'024;  // of one object; keeps the search for twins cheap

class Builder {
 public:
  static constexpr std::size_t max_object_size = kMostMembers;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = 1'024;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  explicit Builder(std::uint32_t most_nodes) : most_nodes_(most_nodes) {}

  std::shared_ptr<JsonDocument> document = std::make_shared<JsonDocument>();
  std::string problem;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code& error) { return open(Kind::Object, error); }
  bool on_object_end(std::size_t, Code&) { return close(); }
  bool on_array_begin(Code& error) { return open(Kind::Array, error); }
  bool on_array_end(std::size_t, Code&) { return close(); }
  bool on_key_part(bj::string_view part, std::size_t, Code&) { return part_of_text(part); }
  bool on_key(bj::string_view part, std::size_t, Code& error) {
    part_of_text(part);
    if (document->member(open_.back(), text_) != 0) {
      return refuse("the field \"" + text_ + "\" is there twice", error);
    }
    key_ = document->keep(text_);
    text_.clear();
    return true;
  }
  bool on_string_part(bj::string_view part, std::size_t, Code&) { return part_of_text(part); }
  bool on_string(bj::string_view part, std::size_t, Code& error) {
    part_of_text(part);
    return leaf_with_text(Kind::Text, error);
  }
  bool on_number_part(bj::string_view part, Code&) { return part_of_text(part); }
  bool on_int64(std::int64_t number, bj::string_view, Code& error) {
    return leaf(Kind::Integer, number, false, error);
  }
  bool on_uint64(std::uint64_t number, bj::string_view, Code& error) {
    return leaf(Kind::Integer, static_cast<std::int64_t>(number), number > INT64_MAX, error);
  }
  bool on_double(double, bj::string_view part, Code& error) {
    part_of_text(part);
    return leaf_with_text(Kind::Fraction, error);
  }
  bool on_bool(bool flag, Code& error) { return leaf(Kind::Boolean, flag, false, error); }
  bool on_null(Code& error) { return leaf(Kind::Null, 0, false, error); }
  bool on_comment_part(bj::string_view, Code&) { return true; }
  bool on_comment(bj::string_view, Code&) { return true; }

 private:
  bool refuse(const std::string& why, Code& error) {
    problem = why;
    error = make_error_code(bj::error::syntax);
    return false;
  }
  bool part_of_text(bj::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool add(Kind kind, std::uint32_t& index, Code& error) {
    if (document->nodes.size() >= most_nodes_) return refuse("too many values", error);
    index = document->add(open_.empty() ? 0 : open_.back(), kind);
    document->nodes[index].key = key_;
    key_ = {};
    return true;
  }
  bool open(Kind kind, Code& error) {
    std::uint32_t index;
    if (!add(kind, index, error)) return false;
    open_.push_back(index);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool leaf(Kind kind, std::int64_t number, bool above_signed, Code& error) {
    std::uint32_t index;
    text_.clear();
    if (!add(kind, index, error)) return false;
    document->nodes[index].integer = number;
    document->nodes[index].above_signed = above_signed;
    return true;
  }
  bool leaf_with_text(Kind kind, Code& error) {
    std::uint32_t index;
    if (!add(kind, index, error)) return false;
    document->nodes[index].text = document->keep(text_);
    text_.clear();
    return true;
  }

  std::uint32_t most_nodes_;
  std::vector<std::uint32_t> open_;  // the arrays and objects around the current place
  std::string text_;                 // a key, string or number that comes in parts
  JsonDocument::Span key_;
};

}  // namespace

JsonValue parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > UINT32_MAX) throw invalid_request("the JSON text is too large");
  bj::parse_options options;
  options.max_depth = limits.depth;
  bj::basic_parser<Builder> parser(options, limits.nodes);
  Code error;
  const std::size_t taken = parser.write_some(false, text.data(), text.size(), error);
  const Builder& builder = parser.handler();
  if (error) {
    throw invalid_request(builder.problem.empty() ? "not JSON: " + error.message()
                                                  : builder.problem);
  }
  if (text.find_first_not_of(" \t\r\n", taken) != std::string_view::npos) {
    throw invalid_request("not JSON: something follows the value");
  }
  return JsonValue(builder.document, 0, "");
}

}  // namespace saker::web
