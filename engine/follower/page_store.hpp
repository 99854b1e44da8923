// Answers that take more than one datagram and must come from one moment: copied when the first
// page is asked for, kept for the later ones, gone after a while or when the room is needed.
#pragma once

#include <algorithm>
#include <vector>

#include "common/assert.hpp"
#include "common/bytes.hpp"
#include "query_generated.h"

namespace saker::follower {

/// One frozen answer.
struct Pages {
  std::uint64_t number = 0;  // named in the replies; 0: the slot is free
  proto::QueryKind kind = proto::QueryKind::None;
  std::uint32_t subject = 0;
  std::uint32_t owner = 0;   // session that alone may have it; 0: whoever may ask
  std::uint32_t epoch = 0;
  std::uint64_t applied = 0;
  std::uint64_t chain_head = 0;
  std::uint64_t stream_sequence = 0;  // next number of the feed or of the account's drop copy
  TimeNs made_ns = 0;
  TimeNs used_ns = 0;
  std::size_t item_bytes = 1;
  std::size_t page_items = 1;
  std::vector<std::byte> items;
  proto::MarketDefinition definition;  // books only: of the market at that moment

  std::size_t item_count() const { return items.size() / item_bytes; }
  /// At least one, which may be empty.
  std::uint32_t page_count() const {
    return static_cast<std::uint32_t>(
        item_count() == 0 ? 1 : (item_count() + page_items - 1) / page_items);
  }
  /// Items of one page; `page` is below page_count().
  template <class Item>
  std::span<const Item> page(std::uint32_t page) const {
    SAKER_ASSERT(sizeof(Item) == item_bytes && page < page_count());
    const std::size_t first = page * page_items;
    const std::size_t count = std::min(page_items, item_count() - first);
    return {reinterpret_cast<const Item*>(items.data()) + first, count};
  }
  template <class Item>
  void add(const Item& item) {
    const Bytes bytes = bytes_of(item);
    items.insert(items.end(), bytes.begin(), bytes.end());
  }
};

class PageStore {
 public:
  /// `slots` at one time, `ttl_ns` after their last use, `max_bytes` together.
  PageStore(std::size_t slots, std::uint64_t ttl_ns, std::uint64_t max_bytes)
      : slots_(slots), ttl_ns_(ttl_ns), max_bytes_(max_bytes) {}

  struct Key {
    proto::QueryKind kind = proto::QueryKind::None;
    std::uint32_t subject = 0;
    std::uint32_t owner = 0;
  };
  /// The slot with this number, if it still is the answer to this question.
  Pages* find(std::uint64_t number, const Key& key, TimeNs now_ns);
  /// The newest one for the question made at or after `since_ns` that reflects `at_least`.
  Pages* find_young(const Key& key, std::uint64_t at_least, TimeNs since_ns, TimeNs now_ns);
  /// A slot for new pages, empty but for its number and key: a free one, one that has expired, or
  /// the one that has rested longest if nobody asked for it lately. nullptr when all are in use or
  /// hold all the bytes there may be.
  Pages* make(const Key& key, TimeNs now_ns);
  void release(Pages& pages) { pages = {}; }
  /// Forgets everything, as when the state is rebuilt.
  void clear();

 private:
  /// Pages of which nobody has asked for one so long make room for others.
  static constexpr std::uint64_t kRestNs = 500'000'000;

  bool expired(const Pages& pages, TimeNs now_ns) const {
    return now_ns > pages.used_ns + ttl_ns_;
  }
  static bool answers(const Pages& pages, const Key& key) {
    return pages.number != 0 && pages.kind == key.kind && pages.subject == key.subject &&
           pages.owner == key.owner;
  }

  std::vector<Pages> slots_;
  const std::uint64_t ttl_ns_;
  const std::uint64_t max_bytes_;
  std::uint64_t next_number_ = 1;
};

}  // namespace saker::follower
