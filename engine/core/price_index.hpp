// The price levels of one side of one book: a trie of 64-way nodes over a 30-bit key.
//
// Every inner node and leaf carries a bitmap of what is populated below it, so the best level is
// four count-trailing-zeros away at worst, and usually one: the leaf of the best level is
// remembered. Nothing ever moves or is rebalanced, so a wild price swing costs the same as a
// quiet market; each populated block of 64 prices takes one leaf, and a full arena of leaves is
// a typed refusal. Keys are ordered best first on both sides (bids are mirrored), which lets one
// piece of code serve both.
#pragma once

#include <bit>
#include <vector>

#include "common/assert.hpp"
#include "common/types.hpp"

namespace saker::core {

inline constexpr std::uint32_t kPriceBits = 30;
inline constexpr std::uint32_t kPriceLimit = 1u << kPriceBits;  // prices are below this
inline constexpr std::uint32_t kNoKey = kPriceLimit;

/// Queue of resting orders at one price: first and last slot (0 = none) and what it displays.
struct Level {
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
  std::int64_t lots = 0;
};

struct PriceLeaf {
  std::uint64_t used = 0;
  Level levels[64];
};

struct PriceNode {
  std::uint64_t used = 0;
  std::uint32_t child[64];
};

/// Leaves and inner nodes of all books of a shard. Sized once; index 0 is never handed out.
class PriceArena {
 public:
  explicit PriceArena(std::uint32_t leaf_capacity)
      : leaves_(leaf_capacity + 1), nodes_(3 * std::size_t{leaf_capacity} + 1) {}

  PriceLeaf& leaf(std::uint32_t i) { return leaves_[i]; }
  const PriceLeaf& leaf(std::uint32_t i) const { return leaves_[i]; }
  PriceNode& node(std::uint32_t i) { return nodes_[i]; }
  const PriceNode& node(std::uint32_t i) const { return nodes_[i]; }
  bool has_free_leaf() const { return free_leaf_ != 0 || fresh_leaf_ < leaves_.size(); }

  std::uint32_t take_leaf() {
    return take(leaves_.size(), free_leaf_, fresh_leaf_,
                [this](std::uint32_t i) -> std::uint32_t& { return leaves_[i].levels[0].head; });
  }
  void give_leaf(std::uint32_t i) {
    leaves_[i].levels[0].head = free_leaf_;
    free_leaf_ = i;
  }
  /// Three inner nodes per leaf are enough for any set of keys, so this cannot run out.
  std::uint32_t take_node() {
    return take(nodes_.size(), free_node_, fresh_node_,
                [this](std::uint32_t i) -> std::uint32_t& { return nodes_[i].child[0]; });
  }
  void give_node(std::uint32_t i) {
    nodes_[i].child[0] = free_node_;
    free_node_ = i;
  }

 private:
  template <class Link>
  static std::uint32_t take(std::size_t size, std::uint32_t& free, std::uint32_t& fresh,
                            Link&& link) {
    if (free != 0) {
      const std::uint32_t i = free;
      free = link(i);
      link(i) = 0;
      return i;
    }
    SAKER_ASSERT(fresh < size);
    return fresh++;
  }

  std::vector<PriceLeaf> leaves_;
  std::vector<PriceNode> nodes_;
  std::uint32_t free_leaf_ = 0;
  std::uint32_t fresh_leaf_ = 1;
  std::uint32_t free_node_ = 0;
  std::uint32_t fresh_node_ = 1;
};

class PriceIndex {
 public:
  bool empty() const { return best_key_ == kNoKey; }
  std::uint32_t best_key() const { return best_key_; }
  Level& best(PriceArena& arena) { return arena.leaf(best_leaf_).levels[best_key_ & 63]; }
  const Level& best(const PriceArena& arena) const {
    return arena.leaf(best_leaf_).levels[best_key_ & 63];
  }

  /// True when a level at `key` exists or can be made.
  bool can_insert(const PriceArena& arena, std::uint32_t key) const {
    return find_leaf(arena, key >> 6) != 0 || arena.has_free_leaf();
  }

  /// The level at `key`, made if need be.
  Level& insert(PriceArena& arena, std::uint32_t key) {
    const std::uint32_t leaf_index = make_leaf(arena, key >> 6);
    PriceLeaf& leaf = arena.leaf(leaf_index);
    leaf.used |= bit(key & 63);
    if (key < best_key_) {
      best_key_ = key;
      best_leaf_ = leaf_index;
    }
    return leaf.levels[key & 63];
  }

  /// The level at `key`, which must exist.
  Level& at(PriceArena& arena, std::uint32_t key) {
    const std::uint32_t leaf_index =
        (key >> 6) == (best_key_ >> 6) ? best_leaf_ : find_leaf(arena, key >> 6);
    SAKER_ASSERT(leaf_index != 0);
    return arena.leaf(leaf_index).levels[key & 63];
  }

  /// Takes the (now empty) level at `key` out.
  void erase(PriceArena& arena, std::uint32_t key) {
    const std::uint32_t leaf_index =
        (key >> 6) == (best_key_ >> 6) ? best_leaf_ : find_leaf(arena, key >> 6);
    PriceLeaf& leaf = arena.leaf(leaf_index);
    leaf.used &= ~bit(key & 63);
    if (leaf.used == 0) drop_leaf(arena, key >> 6);
    if (key == best_key_) {
      if (leaf.used != 0) {
        best_key_ = (key & ~63u) | lowest(leaf.used);
      } else {
        find_best(arena);
      }
    }
  }

  /// First key at or after `key`, or kNoKey.
  std::uint32_t next_at_or_after(const PriceArena& arena, std::uint32_t key) const {
    if (key >= kPriceLimit) return kNoKey;
    return search(arena, root_, 4, key);
  }
  const Level* find(const PriceArena& arena, std::uint32_t key) const {
    const std::uint32_t leaf_index = find_leaf(arena, key >> 6);
    return leaf_index == 0 ? nullptr : &arena.leaf(leaf_index).levels[key & 63];
  }

 private:
  static std::uint64_t bit(std::uint32_t i) { return std::uint64_t{1} << i; }
  static std::uint32_t lowest(std::uint64_t bits) {
    return static_cast<std::uint32_t>(std::countr_zero(bits));
  }
  /// Which child of a node at `depth` (4 = root … 1 = parent of leaves) holds leaf number n.
  static std::uint32_t digit(std::uint32_t leaf_number, std::uint32_t depth) {
    return (leaf_number >> (6 * (depth - 1))) & 63;
  }

  std::uint32_t find_leaf(const PriceArena& arena, std::uint32_t leaf_number) const {
    const PriceNode* node = &root_;
    for (std::uint32_t depth = 4;; --depth) {
      const std::uint32_t d = digit(leaf_number, depth);
      if ((node->used & bit(d)) == 0) return 0;
      if (depth == 1) return node->child[d];
      node = &arena.node(node->child[d]);
    }
  }

  std::uint32_t make_leaf(PriceArena& arena, std::uint32_t leaf_number) {
    if (best_key_ != kNoKey && leaf_number == (best_key_ >> 6)) return best_leaf_;
    PriceNode* node = &root_;
    for (std::uint32_t depth = 4;; --depth) {
      const std::uint32_t d = digit(leaf_number, depth);
      if ((node->used & bit(d)) == 0) {
        node->used |= bit(d);
        node->child[d] = depth == 1 ? arena.take_leaf() : arena.take_node();
      }
      if (depth == 1) return node->child[d];
      node = &arena.node(node->child[d]);
    }
  }

  void drop_leaf(PriceArena& arena, std::uint32_t leaf_number) {
    PriceNode* path[5];
    path[4] = &root_;
    for (std::uint32_t depth = 4; depth > 1; --depth) {
      path[depth - 1] = &arena.node(path[depth]->child[digit(leaf_number, depth)]);
    }
    arena.give_leaf(path[1]->child[digit(leaf_number, 1)]);
    for (std::uint32_t depth = 1; depth <= 4; ++depth) {
      path[depth]->used &= ~bit(digit(leaf_number, depth));
      if (path[depth]->used != 0 || depth == 4) return;
      arena.give_node(path[depth + 1]->child[digit(leaf_number, depth + 1)]);
    }
  }

  void find_best(const PriceArena& arena) {
    best_key_ = search(arena, root_, 4, 0);
    best_leaf_ = best_key_ == kNoKey ? 0 : find_leaf(arena, best_key_ >> 6);
  }

  static std::uint32_t search(const PriceArena& arena, const PriceNode& node,
                              std::uint32_t depth, std::uint32_t key) {
    std::uint32_t d = digit(key >> 6, depth);
    std::uint64_t candidates = node.used & (~std::uint64_t{0} << d);
    while (candidates != 0) {
      const std::uint32_t i = lowest(candidates);
      // Past the first digit everything below is a candidate.
      const std::uint32_t span = 6 * depth;
      const std::uint32_t from = i == d ? key : ((key >> (span + 6)) << (span + 6)) | (i << span);
      const std::uint32_t found = depth == 1
          ? search_leaf(arena.leaf(node.child[i]), from)
          : search(arena, arena.node(node.child[i]), depth - 1, from);
      if (found != kNoKey) return found;
      candidates &= candidates - 1;
    }
    return kNoKey;
  }
  static std::uint32_t search_leaf(const PriceLeaf& leaf, std::uint32_t key) {
    const std::uint64_t candidates = leaf.used & (~std::uint64_t{0} << (key & 63));
    return candidates == 0 ? kNoKey : (key & ~63u) | lowest(candidates);
  }

  PriceNode root_{};
  std::uint32_t best_key_ = kNoKey;
  std::uint32_t best_leaf_ = 0;
};

}  // namespace saker::core
