// The seed of the evidence keys: 64 hexadecimal digits in a file that only its owner may read.
#pragma once

#include "journal/evidence/signed_head.hpp"

namespace saker::evidence {

inline constexpr const char* kSeedFile = "evidence-seed.hex";

/// False when it cannot be read, is malformed or open to others; `error` then says why.
bool load_seed(const std::string& path, Seed& seed, std::string& error);
/// Makes a random one, durable when this returns true, unless there is one already.
bool make_seed(const std::string& path, std::string& error);

/// Puts the public key beside the heads, for whoever checks them. False when that fails.
bool publish_key(const std::string& directory, const PublicKey& key, std::string& error);
/// A key from a file or, when `text` is one itself, from the text.
bool read_public_key(const std::string& text, PublicKey& key, std::string& error);

}  // namespace saker::evidence
