#include "journal/evidence/proof.hpp"

#include "common/config.hpp"

namespace saker::evidence {

const char* explain(ProofCheck check) {
  switch (check) {
    case ProofCheck::none: return "nothing is wrong";
    case ProofCheck::head: return "its head is not good";
    case ProofCheck::outside: return "the record is not one of those that the head covers";
    case ProofCheck::path: return "record and path do not lead to the root that was signed";
  }
  return "?";
}

ProofCheck check_proof(const Proof& proof, const PublicKey& key, HeadCheck& head_check) {
  head_check = check_head(proof.head, key);
  if (head_check != HeadCheck::none) return ProofCheck::head;
  const Head& head = proof.head.head;
  const Sequence sequence = proof.record.sequence;
  if (sequence < head.first_sequence || sequence > head.last_sequence ||
      proof.record.length != proof.payload.size()) {
    return ProofCheck::outside;
  }
  Digest root;
  const bool fits = root_of_path(leaf_of(proof.blind, proof.record, proof.payload),
                                 sequence - head.first_sequence,
                                 head.last_sequence - head.first_sequence + 1, proof.path, root);
  return fits && root == head.root ? ProofCheck::none : ProofCheck::path;
}

std::string to_text(const Proof& proof) {
  std::string text =
      "# One record of an exchange's command log, and that it is in the log as it was signed.\n"
      "# `saker-log check FILE --public-key KEY` verifies it.\n"
      "format = 1\n";
  text += "head = \"" + to_hex(bytes_of(proof.head)) + "\"\n";
  text += "record = \"" + to_hex(bytes_of(proof.record)) + "\"\n";
  text += "payload = \"" + to_hex(proof.payload) + "\"\n";
  text += "blind = \"" + to_hex(proof.blind) + "\"\n";
  text += "path = [\n";
  for (const Digest& digest : proof.path) text += "  \"" + to_hex(digest) + "\",\n";
  return text + "]\n";
}

namespace {

template <class T>
T need_hex(const ConfigTable& table, std::string_view key) {
  std::array<std::byte, sizeof(T)> bytes;
  if (!from_hex(table.need_text(key), bytes)) {
    table.fail(key, "must be " + std::to_string(2 * sizeof(T)) + " hexadecimal digits");
  }
  return read_as<T>(bytes);
}

}  // namespace

Proof parse_proof(std::string_view text, const std::string& name) {
  constexpr std::size_t kMostLevels = 64;
  const ConfigTable table = parse_config(text, name);
  table.need_integer("format", 1, 1);
  Proof proof;
  proof.head = need_hex<SignedHead>(table, "head");
  proof.record = need_hex<journal::RecordHeader>(table, "record");
  proof.blind = need_hex<Blind>(table, "blind");
  const std::string payload = table.need_text("payload");
  proof.payload.resize(payload.size() / 2);
  if (payload.size() > 2 * journal::kMaxPayloadBytes || !from_hex(payload, proof.payload)) {
    table.fail("payload", "must be hexadecimal digits, two for each byte");
  }
  const std::vector<std::string> path = table.texts("path");
  if (path.size() > kMostLevels) table.fail("path", "is longer than any tree is high");
  for (const std::string& step : path) {
    if (!from_hex(step, proof.path.emplace_back())) {
      table.fail("path", "each step must be 64 hexadecimal digits");
    }
  }
  table.reject_unknown();
  return proof;
}

}  // namespace saker::evidence
