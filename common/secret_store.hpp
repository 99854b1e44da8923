// The secrets that participants and the venue share: a directory with a file `key-<id>.hex` for
// each key id, 64 hexadecimal digits, mode 0600. Core and log know only the ids.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/types.hpp"

namespace saker {

class SecretStore {
 public:
  using Secret = std::array<std::uint8_t, 32>;
  static constexpr std::uint32_t kMaxKeyId = 1u << 20;

  explicit SecretStore(std::string directory) : directory_(std::move(directory)) {}

  /// Reads every key file. False when one cannot be read, is malformed or open to others than
  /// its owner; `error` then names it. What was read before stays. No directory: no keys.
  bool load(std::string& error);
  /// The secret of a key id, or nullptr. Valid until the next load() or create().
  const Secret* find(std::uint32_t key_id) const;
  std::size_t size() const;

  /// Makes a new random secret for `key_id` (and the directory, mode 0700) unless there is one.
  /// False when that fails.
  bool create(std::uint32_t key_id, std::string& error);

 private:
  struct Entry {
    std::uint32_t key_id;
    Secret secret;
  };
  std::string path_of(std::uint32_t key_id) const;
  static bool read_file(const std::string& path, Secret& secret, std::string& error);

  std::string directory_;
  std::vector<Entry> entries_;  // by key id
};

/// 64 hexadecimal digits, optionally one newline. False for anything else.
bool parse_secret(std::string_view text, SecretStore::Secret& secret);

}  // namespace saker
