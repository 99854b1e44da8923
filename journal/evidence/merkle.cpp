#include "journal/evidence/merkle.hpp"

#include <sodium.h>

#include <bit>

#include "common/assert.hpp"

namespace saker::evidence {

Digest hash_of(Bytes bytes) {
  Digest digest;
  crypto_generichash(reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr,
                     0);
  return digest;
}

Digest hash_node(const Digest& left, const Digest& right) {
  std::array<std::byte, 1 + 2 * sizeof(Digest)> node;
  node[0] = std::byte{1};  // a leaf begins with 0
  std::memcpy(node.data() + 1, left.data(), left.size());
  std::memcpy(node.data() + 1 + sizeof(Digest), right.data(), right.size());
  return hash_of(node);
}

void MerkleRoot::add(const Digest& leaf) {
  complete_.push_back(leaf);
  // Each trailing one bit of the count so far is a subtree as large as the one that now ends.
  for (std::uint64_t rest = count_; (rest & 1) != 0; rest >>= 1) {
    const Digest right = complete_.back();
    complete_.pop_back();
    complete_.back() = hash_node(complete_.back(), right);
  }
  ++count_;
}

Digest MerkleRoot::root() const {
  SAKER_ASSERT(!complete_.empty());
  Digest root = complete_.back();
  for (std::size_t at = complete_.size() - 1; at > 0; --at) {
    root = hash_node(complete_[at - 1], root);
  }
  return root;
}

void MerkleRoot::clear() {
  count_ = 0;
  complete_.clear();
}

namespace {

Digest root_of(std::span<const Digest> leaves) {
  MerkleRoot builder;
  for (const Digest& leaf : leaves) builder.add(leaf);
  return builder.root();
}

}  // namespace

std::vector<Digest> merkle_path(std::span<const Digest> leaves, std::size_t index) {
  SAKER_ASSERT(index < leaves.size());
  std::vector<Digest> path;
  while (leaves.size() > 1) {
    const std::size_t half = std::bit_floor(leaves.size() - 1);  // largest power of 2 below size
    const bool in_left = index < half;
    path.insert(path.begin(), root_of(in_left ? leaves.subspan(half) : leaves.first(half)));
    if (!in_left) index -= half;
    leaves = in_left ? leaves.first(half) : leaves.subspan(half);
  }
  return path;
}

// RFC 9162, section 2.1.3.2.
bool root_of_path(const Digest& leaf, std::uint64_t index, std::uint64_t count,
                  std::span<const Digest> path, Digest& root) {
  if (index >= count) return false;
  std::uint64_t at = index;
  std::uint64_t last = count - 1;
  root = leaf;
  for (const Digest& beside : path) {
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      root = hash_node(beside, root);
      while ((at & 1) == 0) {
        at >>= 1;
        last >>= 1;
      }
    } else {
      root = hash_node(root, beside);
    }
    at >>= 1;
    last >>= 1;
  }
  return last == 0;
}

}  // namespace saker::evidence
