#include "engine/follower/page_store.hpp"

namespace saker::follower {

Pages* PageStore::find(std::uint64_t number, const Key& key, TimeNs now_ns) {
  for (Pages& pages : slots_) {
    if (number == 0 || pages.number != number) continue;
    if (!answers(pages, key) || expired(pages, now_ns)) return nullptr;
    pages.used_ns = now_ns;
    return &pages;
  }
  return nullptr;
}

Pages* PageStore::find_young(const Key& key, std::uint64_t at_least, TimeNs since_ns,
                             TimeNs now_ns) {
  Pages* youngest = nullptr;
  for (Pages& pages : slots_) {
    if (!answers(pages, key) || pages.made_ns < since_ns || pages.applied < at_least) continue;
    if (youngest == nullptr || pages.number > youngest->number) youngest = &pages;
  }
  if (youngest != nullptr) youngest->used_ns = now_ns;
  return youngest;
}

Pages* PageStore::make(const Key& key, TimeNs now_ns) {
  Pages* free = nullptr;
  Pages* idlest = nullptr;
  std::uint64_t bytes = 0;
  for (Pages& pages : slots_) {
    if (pages.number != 0 && expired(pages, now_ns)) release(pages);
    bytes += pages.items.size();
    if (pages.number == 0) {
      if (free == nullptr) free = &pages;
    } else if (idlest == nullptr || pages.used_ns < idlest->used_ns) {
      idlest = &pages;
    }
  }
  const bool rests = idlest != nullptr && now_ns > idlest->used_ns + kRestNs;
  if ((free == nullptr || bytes >= max_bytes_) && rests) {
    bytes -= idlest->items.size();
    release(*idlest);
    if (free == nullptr) free = idlest;
  }
  if (free == nullptr || bytes >= max_bytes_) return nullptr;
  free->number = next_number_++;
  free->kind = key.kind;
  free->subject = key.subject;
  free->owner = key.owner;
  free->made_ns = free->used_ns = now_ns;
  return free;
}

void PageStore::clear() {
  for (Pages& pages : slots_) release(pages);
}

}  // namespace saker::follower
