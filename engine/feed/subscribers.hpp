// Who gets the feed: the multicast groups and, in a small table, one unicast entry per session. An
// entry lives as long as the session's logon, which heartbeats renew; the lease has no clock of its
// own.
#pragma once

#include <array>
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
  Subscribers(std::size_t capacity, net::Endpoint group_a, net::Endpoint group_b)
      : capacity_(capacity), groups_{group_a, group_b} {
    table_.reserve(capacity);
    for (auto& line : lines_) line.reserve(capacity + 1);
    list_lines();
  }

  /// Adds or changes the session's entry; false when the table is full.
  bool set(const Subscriber& subscriber) {
    for (Subscriber& entry : table_) {
      if (entry.session == subscriber.session) {
        entry = subscriber;
        list_lines();
        return true;
      }
    }
    if (table_.size() == capacity_) return false;
    table_.push_back(subscriber);
    list_lines();
    return true;
  }
  void remove(std::uint32_t session) {
    for (Subscriber& entry : table_) {
      if (entry.session != session) continue;
      entry = table_.back();
      table_.pop_back();
      list_lines();
      return;
    }
  }
  std::span<const Subscriber> view() const { return table_; }
  /// All receivers of line 0 (A) or 1 (B), the multicast group first.
  std::span<const net::Endpoint> line(std::size_t number) const { return lines_[number]; }

 private:
  void list_lines() {
    for (std::size_t number = 0; number < lines_.size(); ++number) {
      std::vector<net::Endpoint>& line = lines_[number];
      line.clear();
      if (groups_[number].port != 0) line.push_back(groups_[number]);
      for (const Subscriber& entry : table_) {
        const net::Endpoint to = number == 0 ? entry.line_a : entry.line_b;
        if (to.port != 0) line.push_back(to);
      }
    }
  }

  const std::size_t capacity_;
  const std::array<net::Endpoint, 2> groups_;
  std::vector<Subscriber> table_;
  std::array<std::vector<net::Endpoint>, 2> lines_;
};

}  // namespace saker::engine
