// A built page, read into memory once at start, so that a request can only ever name a file that
// was there: paths are looked up, not opened.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "web/response.hpp"

namespace saker::web {

struct StaticFilesConfig {
  std::string directory;
  std::string immutable_prefix = "/assets/";  // hashed names: cached for a year
  std::string fallback = "/index.html";       // for the page's own routes; empty: none
  std::string content_security_policy =
      "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
      "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
      "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
      "frame-ancestors 'none'";
  std::size_t max_bytes = 64 * 1024 * 1024;  // of all files together
};

class StaticFiles {
 public:
  /// Reads the directory. Throws std::runtime_error when it is missing or larger than max_bytes.
  explicit StaticFiles(StaticFilesConfig config);

  /// The answer to GET or HEAD of `request.path()`: a file (304 when its ETag is known, gzip when
  /// `x.gz` stands beside it and the client takes it), or the fallback for paths whose last
  /// segment has no dot, when the client wants text/html: a program that asks for what does not
  /// exist is not given a page. Nothing when there is no such file.
  std::optional<Response> find(const Request& request) const;
  std::size_t size() const { return files_.size(); }

 private:
  struct File {
    std::string content, gzip, etag, type;
    bool immutable = false;
  };
  void read();
  Response answer(const File& file, const Request& request) const;

  StaticFilesConfig config_;
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace saker::web
