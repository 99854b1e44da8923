// What an auditor asks of a log and its heads: whether they agree, and for the proof of one
// record.
#pragma once

#include "journal/evidence/notary.hpp"
#include "journal/evidence/proof.hpp"

namespace saker::evidence {

/// How far log and heads agree.
struct Audit {
  std::uint64_t heads = 0;      // that are good, from the first on
  Sequence last_sequence = 0;   // the last record that they cover
  HeadCheck check = HeadCheck::none;  // of the head after these
  journal::ReadKind log = journal::ReadKind::record;  // why the log ended, where it did too early
  journal::Damage damage;       // of the log
  bool readable = true;         // false: the heads are not
  bool sound() const {
    return readable && check == HeadCheck::none && log == journal::ReadKind::record;
  }
};

/// All heads from the first on against the log, which must not be written meanwhile beyond them.
template <journal::Storage L, journal::Storage H>
Audit audit(L& log, HeadFile<H>& heads, const EvidenceKeys& keys) {
  Audit result;
  HeadBuilder builder(keys);
  std::optional<journal::LogReader<L>> reader;
  std::optional<SignedHead> before;
  for (std::uint64_t number = 1; number <= heads.count(); ++number) {
    SignedHead head;
    result.readable = heads.read(number, head);
    if (!result.readable) return result;
    const SignedHead* previous = before ? &*before : nullptr;
    result.check = check_head(head, keys.public_key);
    if (result.check == HeadCheck::none) result.check = check_follows(head, previous);
    if (result.check != HeadCheck::none) return result;
    if (!reader) reader.emplace(log, journal::ReadMode::follow, head.head.first_sequence);
    builder.clear();
    do {
      result.log = reader->next();
      result.damage = reader->damage();
      if (result.log != journal::ReadKind::record) return result;
      builder.add(reader->record());
    } while (builder.last_sequence() < head.head.last_sequence);
    result.check = check_records(builder, reader->state().log_id, head, previous);
    if (result.check != HeadCheck::none) return result;
    ++result.heads;
    result.last_sequence = head.head.last_sequence;
    before = head;
  }
  return result;
}

enum class ProveResult : std::uint8_t {
  proved,
  not_signed_yet,  // no head covers the record so far
  before_heads,    // it is older than what the first head covers
  heads_unreadable,
  log_unreadable,
  disagree,        // log and head do not agree: run an audit
};

/// The proof that record `sequence` is in the log.
template <journal::Storage L, journal::Storage H>
ProveResult prove(L& log, HeadFile<H>& heads, const EvidenceKeys& keys, Sequence sequence,
                  Proof& proof) {
  std::uint64_t number = 0;
  if (!heads.find(sequence, number)) return ProveResult::heads_unreadable;
  if (number > heads.count()) return ProveResult::not_signed_yet;
  if (!heads.read(number, proof.head)) return ProveResult::heads_unreadable;
  const Head& head = proof.head.head;
  if (sequence < head.first_sequence) return ProveResult::before_heads;
  std::vector<Digest> leaves;
  journal::LogReader<L> reader(log, journal::ReadMode::follow, head.first_sequence);
  for (Sequence at = head.first_sequence; at <= head.last_sequence; ++at) {
    if (reader.next() != journal::ReadKind::record) return ProveResult::log_unreadable;
    const journal::RecordView& record = reader.record();
    const Blind blind = blind_of(keys, at);
    leaves.push_back(leaf_of(blind, record.header, record.payload));
    if (at != sequence) continue;
    proof.record = record.header;
    proof.payload.assign(record.payload.begin(), record.payload.end());
    proof.blind = blind;
  }
  proof.path = merkle_path(leaves, sequence - head.first_sequence);
  HeadCheck check = HeadCheck::none;
  const bool good = check_proof(proof, keys.public_key, check) == ProofCheck::none;
  return good ? ProveResult::proved : ProveResult::disagree;
}

}  // namespace saker::evidence
