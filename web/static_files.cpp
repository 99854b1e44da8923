#include "web/static_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "common/hash.hpp"

namespace saker::web {

namespace {

namespace fs = std::filesystem;

const char* type_of(std::string_view path) {
  static constexpr std::pair<std::string_view, const char*> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
      {".txt", "text/plain; charset=utf-8"},
  };
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) throw std::runtime_error(path.string() + ": cannot be read");
  return content;
}

std::string hash_tag(const std::string& content) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::uint64_t hash = chain_hash(0, std::as_bytes(std::span(content)));
  std::string tag = "\"";
  for (int i = 0; i < 16; ++i, hash >>= 4) tag += kDigits[hash & 15];
  return tag + "\"";
}

/// Whether a comma-separated header has `word` as an element, with weight parameters ignored
/// except "q=0".
bool lists(std::string_view header, std::string_view word) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(','), header.size());
    std::string_view element = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    const std::size_t begin = std::min(element.find_first_not_of(" \t"), element.size());
    element.remove_prefix(begin);
    const std::string_view name = element.substr(0, element.find_first_of("; \t"));
    if (name != word) continue;
    return element.find("q=0") == std::string_view::npos ||
           element.find("q=0.") != std::string_view::npos;
  }
  return false;
}

}  // namespace

StaticFiles::StaticFiles(StaticFilesConfig config) : config_(std::move(config)) { read(); }

void StaticFiles::read() {
  std::error_code error;
  if (!fs::is_directory(config_.directory, error)) {
    throw std::runtime_error(config_.directory + ": no such directory");
  }
  std::size_t bytes = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(config_.directory)) {
    // What a link points to may lie outside.
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    std::string path = "/";
    path += entry.path().lexically_relative(config_.directory).generic_string();
    bytes += entry.file_size();
    if (bytes > config_.max_bytes) {
      throw std::runtime_error(config_.directory + ": is larger than " +
                               std::to_string(config_.max_bytes) + " bytes");
    }
    if (path.ends_with(".gz")) {
      files_[path.substr(0, path.size() - 3)].gzip = read_file(entry.path());
      continue;
    }
    File& file = files_[path];
    file.content = read_file(entry.path());
    file.type = type_of(path);
    file.immutable = path.starts_with(config_.immutable_prefix);
    file.etag = hash_tag(file.content);
  }
  // A variant without its file is nothing that can be served.
  std::erase_if(files_, [](const auto& entry) { return entry.second.etag.empty(); });
}

std::optional<Response> StaticFiles::find(const Request& request) const {
  const std::string& path = request.path();
  auto found = files_.find(path.ends_with('/') ? path + "index.html" : path);
  const bool navigates = request.header("accept").find("text/html") != std::string_view::npos;
  if (found == files_.end() && !config_.fallback.empty() && navigates &&
      path.find('.', path.rfind('/')) == std::string::npos) {
    found = files_.find(config_.fallback);
  }
  if (found == files_.end()) return std::nullopt;
  return answer(found->second, request);
}

Response StaticFiles::answer(const File& file, const Request& request) const {
  const bool zipped = !file.gzip.empty() && lists(request.header("accept-encoding"), "gzip");
  // Of each variant its own, as caches compare it.
  std::string etag = file.etag;
  if (zipped) etag.insert(etag.size() - 1, "-gz");
  Response response;
  response.content_type = file.type;
  response.add_header("ETag", etag);
  response.add_header("Cache-Control", file.immutable ? "public, max-age=31536000, immutable"
                                                      : "no-cache");
  if (!file.gzip.empty()) response.add_header("Vary", "Accept-Encoding");
  if (file.type.starts_with("text/html")) {
    response.add_header("Content-Security-Policy", config_.content_security_policy);
    response.add_header("X-Frame-Options", "DENY");
  }
  const std::string_view known = request.header("if-none-match");
  if (known == "*" || lists(known, etag) || lists(known, "W/" + etag)) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  if (zipped) response.add_header("Content-Encoding", "gzip");
  response.body = zipped ? file.gzip : file.content;
  return response;
}

}  // namespace saker::web
