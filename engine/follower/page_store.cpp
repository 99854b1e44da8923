#include "engine/follower/page_store.hpp"

namespace saker::follower {

Pages* PageStore::find(std::uint64_t number, proto::QueryKind kind, std::uint32_t subject,
                       TimeNs now_ns) {
  for (Pages& pages : slots_) {
    if (number == 0 || pages.number != number) continue;
    if (pages.kind != kind || pages.subject != subject || expired(pages, now_ns)) return nullptr;
    pages.used_ns = now_ns;
    return &pages;
  }
  return nullptr;
}

Pages* PageStore::find_young(proto::QueryKind kind, std::uint32_t subject, std::uint64_t at_least,
                             TimeNs since_ns, TimeNs now_ns) {
  Pages* youngest = nullptr;
  for (Pages& pages : slots_) {
    if (pages.number == 0 || pages.kind != kind || pages.subject != subject) continue;
    if (pages.made_ns < since_ns || pages.applied < at_least) continue;
    if (youngest == nullptr || pages.number > youngest->number) youngest = &pages;
  }
  if (youngest != nullptr) youngest->used_ns = now_ns;
  return youngest;
}

Pages* PageStore::make(TimeNs now_ns) {
  Pages* free = nullptr;
  std::uint64_t bytes = 0;
  for (Pages& pages : slots_) {
    if (pages.number != 0 && expired(pages, now_ns)) release(pages);
    if (pages.number == 0 && free == nullptr) free = &pages;
    bytes += pages.items.size();
  }
  if (free == nullptr || bytes >= max_bytes_) return nullptr;
  free->number = next_number_++;
  free->made_ns = free->used_ns = now_ns;
  return free;
}

void PageStore::clear() {
  for (Pages& pages : slots_) release(pages);
}

}  // namespace saker::follower
