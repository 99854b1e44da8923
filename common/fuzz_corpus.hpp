// The short form of a fuzz target, for the ordinary tests: the inputs that are kept, and the same
// with seeded changes.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/assert.hpp"

namespace saker {

using FuzzBytes = std::vector<std::uint8_t>;

/// The files of `folder` in the order of their names; fatal when there is none.
inline std::vector<FuzzBytes> read_corpus(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<FuzzBytes> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  SAKER_ASSERT(!inputs.empty());
  return inputs;
}

/// One small change: a bit, a byte, a number at a border, a piece cut out, put in, or taken from
/// another input.
inline void change(FuzzBytes& input, const std::vector<FuzzBytes>& others, std::mt19937& random) {
  constexpr std::uint32_t kNumbers[] = {0,          1,          0x7F,       0xFF,      0x7FFF,
                                        0xFFFF,     0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, '0'};
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  if (input.empty()) return input.push_back(static_cast<std::uint8_t>(random()));
  const std::size_t at = below(input.size());
  switch (random() % 6) {
    case 0: input[at] = static_cast<std::uint8_t>(input[at] ^ 1u << random() % 8); break;
    case 1: input[at] = static_cast<std::uint8_t>(random()); break;
    case 2: {
      const std::uint32_t number = kNumbers[below(std::size(kNumbers))];
      std::memcpy(&input[at], &number, std::min<std::size_t>(4, input.size() - at));
      break;
    }
    case 3: {
      const std::size_t size = std::min(input.size() - at, 1 + below(16));
      const auto first = input.begin() + static_cast<std::ptrdiff_t>(at);
      input.erase(first, first + static_cast<std::ptrdiff_t>(size));
      break;
    }
    case 4: {
      const std::size_t size = std::min(input.size() - at, 1 + below(16));
      const FuzzBytes piece(input.begin() + static_cast<std::ptrdiff_t>(at),
                            input.begin() + static_cast<std::ptrdiff_t>(at + size));
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(below(input.size())),
                   piece.begin(), piece.end());
      break;
    }
    default: {
      const FuzzBytes& other = others[below(others.size())];
      for (std::size_t i = at; i < std::min(input.size(), other.size()); ++i) input[i] = other[i];
    }
  }
}

/// Calls `target(data, size)` for every kept input and for `runs` changed ones (a hundred times as
/// many with SAKER_FULL=1), always the same. Each is in a block of its own and of its very size, so
/// that a byte read too far is noticed.
template <class Target>
void fuzz_briefly(Target target, const std::string& folder, int runs) {
  const std::vector<FuzzBytes> inputs = read_corpus(folder);
  const auto call = [&target](const FuzzBytes& input) {
    const auto block = std::make_unique<std::uint8_t[]>(input.size());
    std::copy(input.begin(), input.end(), block.get());
    target(block.get(), input.size());
  };
  for (const FuzzBytes& input : inputs) call(input);
  if (std::getenv("SAKER_FULL") != nullptr) runs *= 100;
  std::mt19937 random(1);
  for (int run = 0; run < runs; ++run) {
    FuzzBytes input = inputs[random() % inputs.size()];
    for (std::uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
      change(input, inputs, random);
    }
    call(input);
  }
}

}  // namespace saker
