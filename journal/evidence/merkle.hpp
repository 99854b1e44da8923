// The Merkle tree of RFC 9162, section 2.1, with BLAKE2b-256: root, path of one leaf, and the
// root that a leaf and its path lead to. Leaves are made elsewhere (see signed_head.hpp).
#pragma once

#include <array>
#include <vector>

#include "common/bytes.hpp"

namespace saker::evidence {

using Digest = std::array<std::byte, 32>;

Digest hash_of(Bytes bytes);
Digest hash_node(const Digest& left, const Digest& right);

/// The root over leaves that are added one by one; keeps one digest per level.
class MerkleRoot {
 public:
  void add(const Digest& leaf);
  /// Of what was added so far, at least one leaf.
  Digest root() const;
  std::uint64_t count() const { return count_; }
  void clear();

 private:
  std::uint64_t count_ = 0;
  std::vector<Digest> complete_;  // roots of the complete subtrees, largest first
};

/// The digests beside the way from leaf `index` up to the root, lowest first.
std::vector<Digest> merkle_path(std::span<const Digest> leaves, std::size_t index);

/// False when the path is not one of leaf `index` among `count`, whatever its digests are.
bool root_of_path(const Digest& leaf, std::uint64_t index, std::uint64_t count,
                  std::span<const Digest> path, Digest& root);

}  // namespace saker::evidence
