// Who gets the feed by unicast: a small table, one entry per session. An entry lives as long as
// the session's logon, which heartbeats renew; the lease has no clock of its own.
#pragma once

#include <span>
#include <vector>

#include "net/transport.hpp"

namespace saker::engine {

struct Subscriber {
  std::uint32_t session = 0;
  net::Endpoint line_a;  // port 0: this line is not wanted
  net::Endpoint line_b;
};

class Subscribers {
 public:
  explicit Subscribers(std::size_t capacity) : capacity_(capacity) { table_.reserve(capacity); }

  /// Adds or changes the session's entry; false when the table is full.
  bool set(const Subscriber& subscriber) {
    for (Subscriber& entry : table_) {
      if (entry.session == subscriber.session) {
        entry = subscriber;
        return true;
      }
    }
    if (table_.size() == capacity_) return false;
    table_.push_back(subscriber);
    return true;
  }
  void remove(std::uint32_t session) {
    for (Subscriber& entry : table_) {
      if (entry.session != session) continue;
      entry = table_.back();
      table_.pop_back();
      return;
    }
  }
  std::span<const Subscriber> view() const { return table_; }

 private:
  const std::size_t capacity_;
  std::vector<Subscriber> table_;
};

}  // namespace saker::engine
