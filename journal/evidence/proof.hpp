// The proof that one record is in a log whose head was signed, and the text it travels as. Who
// checks it needs the venue's public key and nothing else, and learns nothing of other records
// but how many there are.
#pragma once

#include "journal/evidence/signed_head.hpp"

namespace saker::evidence {

struct Proof {
  SignedHead head;
  journal::RecordHeader record;
  std::vector<std::byte> payload;
  Blind blind{};
  std::vector<Digest> path;
};

/// What is wrong with a proof.
enum class ProofCheck : std::uint8_t {
  none,
  head,      // see the HeadCheck
  outside,   // the record is not one of those that the head covers
  path,      // record and path do not lead to the head's root
};
const char* explain(ProofCheck check);

ProofCheck check_proof(const Proof& proof, const PublicKey& key, HeadCheck& head);

/// A TOML document.
std::string to_text(const Proof& proof);
/// Throws ConfigError that names the line and what is wrong there.
Proof parse_proof(std::string_view text, const std::string& name);

}  // namespace saker::evidence
