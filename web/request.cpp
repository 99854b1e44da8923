#include "web/request.hpp"

#include <strings.h>

#include <algorithm>

#include "web/percent.hpp"

namespace saker::web {

namespace {

bool equal_names(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

const char* method_word(Method method) {
  static constexpr const char* kWords[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  return kWords[static_cast<std::size_t>(method)];
}

const std::string& Request::path_parameter(std::string_view name) const {
  const auto found = path_parameters_.find(name);
  if (found == path_parameters_.end()) {
    throw std::logic_error("the route has no parameter " + std::string(name));
  }
  return found->second;
}

Fields Request::query() const { return read_query(query_); }

Fields Request::json() const {
  const std::string_view type = header("content-type");
  const std::string_view bare = trimmed(type.substr(0, type.find(';')));
  if (!equal_names(bare, "application/json")) {
    throw ApiError(415, "INVALID_REQUEST", "Content-Type must be application/json");
  }
  return parse_json(body_).object();
}

std::string_view Request::header(std::string_view name) const {
  const auto found = std::find_if(headers_.begin(), headers_.end(), [name](const auto& header) {
    return equal_names(header.first, name);
  });
  return found == headers_.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view Request::cookie(std::string_view name) const {
  std::string_view rest = header("cookie");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view pair = trimmed(rest.substr(0, end));
    if (pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name)) {
      return pair.substr(name.size() + 1);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

std::string_view Request::bearer() const {
  const std::string_view value = header("authorization");
  if (value.size() < 7 || !equal_names(value.substr(0, 7), "bearer ")) return {};
  return trimmed(value.substr(7));
}

bool split_target(std::string_view target, std::string& path, std::string& query) {
  const auto plain = [](char c) { return c > 0x20 && c < 0x7F && c != '#'; };
  if (!target.starts_with('/') || !std::all_of(target.begin(), target.end(), plain)) return false;
  const std::size_t mark = target.find('?');
  query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  std::string_view rest = target.substr(0, mark);
  path.clear();
  std::string segment;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (!percent_decode(rest.substr(0, end), false, segment)) return false;
    if (segment == "." || segment == ".." || segment.find('/') != std::string::npos ||
        segment.find('\\') != std::string::npos) {
      return false;
    }
    path += '/';
    path += segment;
    rest.remove_prefix(end);
  }
  return true;
}

}  // namespace saker::web
