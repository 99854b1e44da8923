#include "web/router.hpp"

#include <algorithm>

#include "common/assert.hpp"

namespace saker::web {

namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> segments;
  std::size_t at = 1;
  while (at <= path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    segments.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return segments;
}

bool is_parameter(const std::string& segment) { return segment.starts_with('{'); }

/// 0 when they do not match, else a number that is larger the more segments match literally, the
/// first ones counting most.
std::uint64_t match(const std::vector<std::string>& pattern,
                    const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return 0;
  std::uint64_t rank = 1;
  for (std::size_t i = 0; i < path.size(); ++i) {
    rank *= 2;
    if (pattern[i] == path[i]) ++rank;
    else if (!is_parameter(pattern[i]) || path[i].empty()) return 0;
  }
  return rank;
}

bool well_formed(const Route& route, const std::vector<std::string>& segments) {
  if (!route.path.starts_with('/') || route.operation.empty() || segments.size() > 32) return false;
  const auto word = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
                                std::string_view::npos;
  };
  return word(route.operation) &&
         std::all_of(segments.begin(), segments.end(), [&](const std::string& segment) {
           return !is_parameter(segment) ||
                  (segment.back() == '}' && word({segment.data() + 1, segment.size() - 2}));
         });
}

}  // namespace

const char* access_word(Access access) {
  static constexpr const char* kWords[] = {"public", "service", "user", "service_user"};
  return kWords[static_cast<std::size_t>(access)];
}

void Router::add(Route route) {
  std::vector<std::string> segments = split(route.path);
  SAKER_ASSERT(well_formed(route, segments) && route.method != Method::Head);
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    SAKER_ASSERT(routes_[i].operation != route.operation);
    SAKER_ASSERT(routes_[i].method != route.method || routes_[i].path != route.path);
  }
  routes_.push_back(std::move(route));
  segments_.push_back(std::move(segments));
}

Router::Match Router::find(Method method, const std::string& path,
                           std::map<std::string, std::string, std::less<>>& parameters) const {
  const std::vector<std::string> segments = split(path);
  const Method wanted = method == Method::Head ? Method::Get : method;
  Match found;
  std::size_t best = 0;
  std::uint64_t best_rank = 0;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const std::uint64_t rank = match(segments_[i], segments);
    if (rank == 0) continue;
    found.allowed.push_back(routes_[i].method);
    if (routes_[i].method != wanted || rank <= best_rank) continue;
    best = i;
    best_rank = rank;
  }
  if (best_rank == 0) return found;
  found.route = &routes_[best];
  found.allowed.clear();
  parameters.clear();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string& pattern = segments_[best][i];
    if (!is_parameter(pattern)) continue;
    parameters[pattern.substr(1, pattern.size() - 2)] = segments[i];
  }
  return found;
}

std::string Router::table() const {
  Writer out;
  out.begin_array();
  for (const Route& route : routes_) {
    out.begin_object()
        .field("method", method_word(route.method))
        .field("path", route.path)
        .field("access", access_word(route.access))
        .field("operation", route.operation)
        .end_object();
  }
  out.end_array();
  return out.take();
}

}  // namespace saker::web
