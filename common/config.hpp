// Strict configuration files (TOML): every value has a type and a range, and a key that nobody
// asked for is an error that names file, line and the nearest key that exists.
//
//   ConfigTable config = load_config(path);
//   ConfigTable net = config.section("net");
//   const auto port = net.integer("port", 3001, 1, 65535);
//   const auto wait = net.choice("wait", "blocking", {"busy", "blocking"});
//   for (ConfigTable market : config.tables("market")) ...
//   config.reject_unknown();  // once, after everything has been asked for
//
// Every failure is a ConfigError: configuration is read at start-up only.
#pragma once

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/types.hpp"

namespace saker {

struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ConfigDocument;

/// One table of a configuration file; cheap to copy. A section that the file does not have acts
/// like an empty one.
class ConfigTable {
 public:
  bool has(std::string_view key) const;

  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                       std::int64_t max) const;
  std::int64_t need_integer(std::string_view key, std::int64_t min, std::int64_t max) const;
  bool boolean(std::string_view key, bool fallback) const;
  std::string text(std::string_view key, std::string_view fallback) const;
  std::string need_text(std::string_view key) const;
  /// One of `options`.
  std::string choice(std::string_view key, std::string_view fallback,
                     std::initializer_list<std::string_view> options) const;
  /// "250us", "5ms", "2s", "1min": nanoseconds. Limits are texts like the value.
  std::uint64_t duration_ns(std::string_view key, std::string_view fallback,
                            std::string_view min, std::string_view max) const;
  /// "64KiB", "16MiB", "1GiB" or "4096B": bytes.
  std::uint64_t size_bytes(std::string_view key, std::string_view fallback,
                           std::string_view min, std::string_view max) const;
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<std::int64_t> integers(std::string_view key, std::int64_t min,
                                     std::int64_t max) const;

  /// [key]
  ConfigTable section(std::string_view key) const;
  /// [[key]]
  std::vector<ConfigTable> tables(std::string_view key) const;

  /// Fails when the file has a key that was not asked for. Checks the whole file.
  void reject_unknown() const;
  /// Throws a ConfigError about the value of `key`: "file:line: key: message".
  [[noreturn]] void fail(std::string_view key, const std::string& message) const;

 private:
  friend ConfigTable parse_config(std::string_view text, const std::string& name);
  ConfigTable(std::shared_ptr<ConfigDocument> document, const void* table, std::string path)
      : document_(std::move(document)), table_(table), path_(std::move(path)) {}
  using ParseUnit = bool (*)(std::string_view, std::uint64_t&);
  const void* find(std::string_view key) const;
  std::uint64_t with_unit(std::string_view key, std::string_view fallback, std::string_view min,
                          std::string_view max, ParseUnit parse, const char* example) const;
  [[noreturn]] void missing(std::string_view key) const;

  std::shared_ptr<ConfigDocument> document_;
  const void* table_;  // toml::table, or nullptr for one that the file does not have
  std::string path_;
};

ConfigTable load_config(const std::string& path);
/// `name` stands for the file's name in messages.
ConfigTable parse_config(std::string_view text, const std::string& name);

/// The units of duration_ns and size_bytes. False when the text is not one or overflows.
bool parse_duration_ns(std::string_view text, std::uint64_t& duration_ns);
bool parse_size_bytes(std::string_view text, std::uint64_t& bytes);

}  // namespace saker
