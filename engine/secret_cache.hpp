// The secret store as the hot thread sees it: one pointer to a store that never changes. New key
// files (sessions added while running) are read by the housekeeping thread, which then puts a new
// store in its place; old ones are kept, there are few.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/secret_store.hpp"
#include "engine/ports.hpp"

namespace saker::engine {

class SecretCache : public SecretSource {
 public:
  explicit SecretCache(std::string directory) : directory_(std::move(directory)) {}

  /// Start-up and housekeeping thread: reads the directory if it has changed. False when a file
  /// in it cannot be used; what was known before stays in force.
  bool refresh(std::string& error) {
    struct stat now {};
    if (::stat(directory_.c_str(), &now) != 0) return true;
    if (current_.load(std::memory_order_relaxed) != nullptr &&
        now.st_mtim.tv_sec == seen_.tv_sec && now.st_mtim.tv_nsec == seen_.tv_nsec) {
      return true;
    }
    seen_ = now.st_mtim;
    auto store = std::make_unique<SecretStore>(directory_);
    if (!store->load(error)) return false;
    current_.store(store.get(), std::memory_order_release);
    stores_.push_back(std::move(store));
    return true;
  }

  /// Start-up: makes the secrets that are missing. False with `error` when it cannot.
  bool create_missing(const std::vector<std::uint32_t>& key_ids, std::string& error) {
    SecretStore store(directory_);
    if (!store.load(error)) return false;
    for (const std::uint32_t id : key_ids) {
      if (!store.create(id, error)) return false;
    }
    return refresh(error);
  }

  const proto::Secret* find(std::uint32_t key_id) const override {
    const SecretStore* store = current_.load(std::memory_order_acquire);
    return store == nullptr ? nullptr : store->find(key_id);
  }

 private:
  const std::string directory_;
  timespec seen_{};
  std::vector<std::unique_ptr<SecretStore>> stores_;
  std::atomic<const SecretStore*> current_{nullptr};
};

}  // namespace saker::engine
