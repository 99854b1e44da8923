// Heads, proofs and the notary over a real log in memory: what is changed anywhere is found, and
// a proof says nothing but what it is of.
#include <gtest/gtest.h>

#include "common/config.hpp"
#include "journal/evidence/prove.hpp"
#include "journal/test_log.hpp"

namespace saker::evidence {
namespace {

using journal::LogState;
using journal::MemoryStorage;
using journal::TestLog;

constexpr TimeNs kInterval = 1'000'000'000;

Seed seed_of(std::uint8_t byte) {
  Seed seed;
  seed.fill(byte);
  return seed;
}

Digest leaf_number(std::uint64_t n) { return hash_of(bytes_of(n)); }

TEST(Merkle, EveryPathLeadsToTheRootAndNoOtherDoes) {
  for (std::uint64_t count = 1; count <= 33; ++count) {
    std::vector<Digest> leaves;
    MerkleRoot builder;
    for (std::uint64_t n = 0; n < count; ++n) {
      leaves.push_back(leaf_number(n));
      builder.add(leaves.back());
    }
    for (std::uint64_t index = 0; index < count; ++index) {
      std::vector<Digest> path = merkle_path(leaves, index);
      Digest root;
      ASSERT_TRUE(root_of_path(leaves[index], index, count, path, root)) << index << '/' << count;
      EXPECT_EQ(root, builder.root()) << index << '/' << count;
      const std::uint64_t other = (index + 1) % count;
      if (count > 1) {
        EXPECT_FALSE(root_of_path(leaves[other], index, count, path, root) &&
                     root == builder.root());
        path.pop_back();
        EXPECT_FALSE(root_of_path(leaves[index], index, count, path, root));
        path.push_back(root);
      }
      path.push_back(root);
      EXPECT_FALSE(root_of_path(leaves[index], index, count, path, root));
    }
    Digest root;
    EXPECT_FALSE(root_of_path(leaves[0], count, count, {}, root));
  }
}

// The tree of RFC 9162 for seven leaves, put together by hand.
TEST(Merkle, IsTheTreeOfTheStandard) {
  std::vector<Digest> l;
  MerkleRoot builder;
  for (std::uint64_t n = 0; n < 7; ++n) builder.add(l.emplace_back(leaf_number(n)));
  const Digest left = hash_node(hash_node(l[0], l[1]), hash_node(l[2], l[3]));
  const Digest right = hash_node(hash_node(l[4], l[5]), l[6]);
  EXPECT_EQ(builder.root(), hash_node(left, right));
  EXPECT_EQ(merkle_path(l, 5), (std::vector<Digest>{l[4], l[6], left}));
}

// These bytes never change: heads and proofs that are out in the world must stay good.
TEST(SignedHead, GoldenBytes) {
  const EvidenceKeys keys = EvidenceKeys::from_seed(seed_of(7));
  Head head;
  head.shard = 7;
  head.epoch = 2;
  head.number = 3;
  head.first_sequence = 10;
  head.last_sequence = 12;
  head.timestamp_ns = 1'700'000'000'000'000'000;
  head.log = name_of_log(0x1122334455667788);
  head.root = leaf_number(1);
  head.chain = chain_of(keys, leaf_number(2), head);
  head.previous = leaf_number(3);
  EXPECT_EQ(to_hex(std::as_bytes(std::span(keys.public_key))),
            "6b337c9f3f184749d2718f4e242784b209c34750bb2d34f291b92fd095a600e2");
  EXPECT_EQ(to_hex(hash_of(bytes_of(sign(keys, head)))),
            "42a35b2d10f988eed557a68e6244d95d87f51ae2ca13e541de1bf8da05e7c1b0");
  journal::RecordHeader record;
  record.sequence = 11;
  EXPECT_EQ(to_hex(leaf_of(blind_of(keys, 11), record, bytes_of(head))),
            "d5a177444119646a8b8d1b545bfbf2c71252026ceb3af0060f58de4919d2ab35");
}

class EvidenceTest : public ::testing::Test {
 protected:
  EvidenceTest() : log(disk, journal::small_config(), LogState{}) {
    EXPECT_TRUE(log.writer.start());
  }
  using TestNotary = Notary<MemoryStorage, MemoryStorage>;

  /// A notary's life: it signs what there is, one head per interval.
  void sign_all(TestNotary& notary) {
    ASSERT_TRUE(notary.start()) << notary.failure();
    run(notary);
  }
  void run(TestNotary& notary) {
    NotaryStep step;
    while ((step = notary.poll(now_ns)) == NotaryStep::read) {}
    now_ns += kInterval;
    if (notary.waiting() > 0) step = notary.poll(now_ns);
    EXPECT_NE(step, NotaryStep::failed) << notary.failure();
  }
  /// Three heads over forty records.
  void three_heads() {
    TestNotary notary(disk, evidence, keys, kInterval);
    log.write_batches({3, 1, 7});
    sign_all(notary);
    log.write_batches({1});
    run(notary);
    log.write_batches({20, 8});
    run(notary);
    ASSERT_EQ(notary.last()->head.number, 3u);
    ASSERT_EQ(notary.last()->head.last_sequence, 40u);
  }
  Audit audit_now() {
    HeadFile<MemoryStorage> heads(evidence);
    EXPECT_EQ(heads.open(false), journal::IoStatus::ok);
    return audit(disk, heads, keys);
  }
  ProveResult prove_now(Sequence sequence, Proof& proof) {
    HeadFile<MemoryStorage> heads(evidence);
    EXPECT_EQ(heads.open(false), journal::IoStatus::ok);
    return prove(disk, heads, keys, sequence, proof);
  }

  MemoryStorage disk;
  MemoryStorage evidence;
  TestLog<MemoryStorage> log;
  TimeNs now_ns = 5 * kInterval;
  const EvidenceKeys keys = EvidenceKeys::from_seed(seed_of(1));
};

TEST_F(EvidenceTest, HeadsCoverTheLogWithoutGap) {
  three_heads();
  const Audit result = audit_now();
  EXPECT_TRUE(result.sound());
  EXPECT_EQ(result.heads, 3u);
  EXPECT_EQ(result.last_sequence, 40u);
}

TEST_F(EvidenceTest, OneHeadAnIntervalAndNoneWithoutRecords) {
  TestNotary notary(disk, evidence, keys, kInterval);
  ASSERT_TRUE(notary.start());
  EXPECT_EQ(notary.poll(now_ns), NotaryStep::idle);
  log.write_batches({2});
  EXPECT_EQ(notary.poll(now_ns), NotaryStep::read);
  EXPECT_EQ(notary.poll(now_ns), NotaryStep::signed_head);
  log.write_batches({2});
  EXPECT_EQ(notary.poll(now_ns + 1), NotaryStep::read);
  EXPECT_EQ(notary.poll(now_ns + kInterval - 1), NotaryStep::idle);
  EXPECT_EQ(notary.poll(now_ns + kInterval), NotaryStep::signed_head);
  EXPECT_EQ(notary.poll(now_ns + 9 * kInterval), NotaryStep::idle);
}

TEST_F(EvidenceTest, NothingIsSignedThatIsNotDurable) {
  TestNotary notary(disk, evidence, keys, kInterval);
  log.write_batches({5});
  sign_all(notary);
  log.append(3);
  // Written, but not yet synced.
  while (disk.operations > 0 && log.writer.durable_sequence() == 5) {
    const std::uint64_t before = disk.operations;
    NotaryStep step;
    while ((step = notary.poll(now_ns)) == NotaryStep::read) {}
    EXPECT_EQ(notary.waiting(), 0u);
    log.writer.poll(log.now_ns++);
    log.allocator.poll(log.now_ns);
    ASSERT_NE(disk.operations, before);
  }
  log.settle();  // the mark that says so
  run(notary);
  EXPECT_EQ(notary.last()->head.last_sequence, 8u);
}

TEST_F(EvidenceTest, AfterAnyCrashTheHeadsGoOnAsIfNothingHadBeen) {
  three_heads();
  const std::vector<std::byte> whole = evidence.files()[kHeadsFile].now;
  for (std::size_t bytes = 0; bytes <= whole.size(); bytes += 56) {
    evidence.files()[kHeadsFile].now.assign(whole.begin(),
                                         whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    TestNotary notary(disk, evidence, keys, kInterval);
    sign_all(notary);
    ASSERT_NE(notary.last(), nullptr);
    EXPECT_EQ(notary.last()->head.last_sequence, 40u);
    const Audit result = audit_now();
    EXPECT_TRUE(result.sound()) << bytes;
    EXPECT_EQ(result.last_sequence, 40u);
  }
}

TEST_F(EvidenceTest, AHeadThatWasToldIsDurable) {
  three_heads();
  evidence.crash();
  const Audit result = audit_now();
  EXPECT_TRUE(result.sound());
  EXPECT_EQ(result.heads, 3u);
}

// By somebody who has the key: a head signed anew tells another story than those before it.
TEST_F(EvidenceTest, AHeadThatIsSignedAnewMustFollowTheOneBefore) {
  three_heads();
  std::vector<std::byte>& bytes = evidence.files()[kHeadsFile].now;
  const std::size_t at = 2 * sizeof(SignedHead);
  const auto check_after = [&](auto change) {
    Head head = read_as<SignedHead>(bytes, at).head;
    change(head);
    const std::vector<std::byte> whole = bytes;
    const SignedHead anew = sign(keys, head);
    std::memcpy(bytes.data() + at, &anew, sizeof anew);
    const Audit result = audit_now();
    EXPECT_EQ(result.heads, 2u);
    bytes = whole;
    return result.check;
  };
  EXPECT_EQ(check_after([](Head& h) { h.previous[0] ^= std::byte{1}; }), HeadCheck::previous);
  EXPECT_EQ(check_after([](Head& h) { h.chain[0] ^= std::byte{1}; }), HeadCheck::chain);
  EXPECT_EQ(check_after([](Head& h) { h.root[0] ^= std::byte{1}; }), HeadCheck::root);
  EXPECT_EQ(check_after([](Head& h) { h.log[0] ^= std::byte{1}; }), HeadCheck::log);
  EXPECT_EQ(check_after([](Head& h) { ++h.number; }), HeadCheck::number);
  EXPECT_EQ(check_after([](Head& h) { ++h.first_sequence; }), HeadCheck::sequence);
  EXPECT_EQ(check_after([](Head& h) { h.timestamp_ns = 1; }), HeadCheck::order);
}

TEST_F(EvidenceTest, AnotherLogInPlaceOfThisOneIsNoticedAtStart) {
  three_heads();
  MemoryStorage other_disk;
  journal::LogConfig config = journal::small_config();
  config.log_id ^= 1;
  TestLog<MemoryStorage> other(other_disk, config, LogState{});
  ASSERT_TRUE(other.writer.start());
  other.write_batches({40});
  TestNotary notary(other_disk, evidence, keys, kInterval);
  ASSERT_TRUE(notary.start());
  while (notary.poll(now_ns) == NotaryStep::read) {}
  EXPECT_EQ(notary.poll(now_ns), NotaryStep::failed);
  EXPECT_NE(notary.failure().find("another log"), std::string::npos) << notary.failure();
}

TEST_F(EvidenceTest, HeadsOfAnotherSeedAreNotContinued) {
  three_heads();
  const EvidenceKeys other = EvidenceKeys::from_seed(seed_of(2));
  TestNotary notary(disk, evidence, other, kInterval);
  EXPECT_FALSE(notary.start());
  EXPECT_NE(notary.failure().find("signed with this key"), std::string::npos);
}

TEST_F(EvidenceTest, AFullDiskIsWaitedFor) {
  TestNotary notary(disk, evidence, keys, kInterval);
  ASSERT_TRUE(notary.start());
  log.write_batches({5});
  bool full = true;
  evidence.fault = [&full](MemoryStorage::Op op, std::string_view) {
    return full && op == MemoryStorage::Op::write ? journal::IoStatus::no_space
                                                  : journal::IoStatus::ok;
  };
  EXPECT_EQ(notary.poll(now_ns), NotaryStep::read);
  EXPECT_EQ(notary.poll(now_ns), NotaryStep::idle);
  full = false;
  EXPECT_EQ(notary.poll(now_ns), NotaryStep::signed_head);
  EXPECT_TRUE(audit_now().sound());
}

// A record is changed and every checksum of the log made good again: only the heads know.
TEST_F(EvidenceTest, EveryChangedRecordIsFoundInItsHead) {
  three_heads();
  for (Sequence victim = 1; victim <= 40; ++victim) {
    MemoryStorage forged_disk;
    TestLog<MemoryStorage> forged(forged_disk, journal::small_config(), LogState{});
    ASSERT_TRUE(forged.writer.start());
    for (Sequence at = 1; at <= 40; ++at) {
      std::string payload = journal::payload_of(at);
      if (at == victim) payload[0] ^= 1;
      forged.writer.append(journal::fields_of(at), journal::as_bytes(payload));
      forged.settle();
    }
    HeadFile<MemoryStorage> heads(evidence);
    ASSERT_EQ(heads.open(false), journal::IoStatus::ok);
    const Audit result = audit(forged_disk, heads, keys);
    EXPECT_EQ(result.check, HeadCheck::root) << victim;
    EXPECT_EQ(result.heads, victim <= 11 ? 0u : victim == 12 ? 1u : 2u) << victim;
  }
}

TEST_F(EvidenceTest, EveryFlippedBitOfAHeadIsFound) {
  three_heads();
  std::vector<std::byte>& bytes = evidence.files()[kHeadsFile].now;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] ^= std::byte{1} << (at % 8);
    const Audit result = audit_now();
    EXPECT_FALSE(result.sound()) << at;
    EXPECT_EQ(result.heads, at / sizeof(SignedHead)) << at;
    bytes[at] ^= std::byte{1} << (at % 8);
  }
  EXPECT_TRUE(audit_now().sound());
}

TEST_F(EvidenceTest, AHeadThatIsLeftOutOrSwappedIsFound) {
  three_heads();
  std::vector<std::byte>& bytes = evidence.files()[kHeadsFile].now;
  const std::vector<std::byte> whole = bytes;
  bytes.erase(bytes.begin() + sizeof(SignedHead), bytes.begin() + 2 * sizeof(SignedHead));
  EXPECT_EQ(audit_now().check, HeadCheck::number);
  bytes.assign(whole.begin() + sizeof(SignedHead), whole.end());
  EXPECT_EQ(audit_now().check, HeadCheck::number);
}

TEST_F(EvidenceTest, EveryRecordIsProvedAndTheProofTravelsAsText) {
  three_heads();
  for (Sequence sequence = 1; sequence <= 40; ++sequence) {
    Proof proof;
    ASSERT_EQ(prove_now(sequence, proof), ProveResult::proved) << sequence;
    const std::string text = to_text(proof);
    const Proof read = parse_proof(text, "proof");
    HeadCheck check = HeadCheck::none;
    EXPECT_EQ(check_proof(read, keys.public_key, check), ProofCheck::none) << sequence;
    EXPECT_EQ(to_text(read), text);
    // Nothing of any other record is in it.
    for (Sequence other = 1; other <= 40; ++other) {
      const std::string words = to_hex(journal::as_bytes(journal::payload_of(other)));
      EXPECT_EQ(text.find(words) != std::string::npos, other == sequence) << other;
    }
  }
  Proof proof;
  EXPECT_EQ(prove_now(41, proof), ProveResult::not_signed_yet);
}

TEST_F(EvidenceTest, AProofThatIsChangedIsNone) {
  three_heads();
  Proof proof;
  ASSERT_EQ(prove_now(20, proof), ProveResult::proved);
  HeadCheck check = HeadCheck::none;
  const auto checked = [&](auto change) {
    Proof other = proof;
    change(other);
    return check_proof(other, keys.public_key, check);
  };
  EXPECT_EQ(checked([](Proof& p) { p.payload[3] ^= std::byte{1}; }), ProofCheck::path);
  EXPECT_EQ(checked([](Proof& p) { p.record.timestamp_ns += 1; }), ProofCheck::path);
  EXPECT_EQ(checked([](Proof& p) { p.record.sequence += 1; }), ProofCheck::path);
  EXPECT_EQ(checked([](Proof& p) { p.record.sequence = 12; }), ProofCheck::outside);
  EXPECT_EQ(checked([](Proof& p) { p.payload.pop_back(); }), ProofCheck::outside);
  EXPECT_EQ(checked([](Proof& p) { p.blind[0] ^= std::byte{1}; }), ProofCheck::path);
  EXPECT_EQ(checked([](Proof& p) { p.path.pop_back(); }), ProofCheck::path);
  EXPECT_EQ(checked([](Proof& p) { p.head.head.root[0] ^= std::byte{1}; }), ProofCheck::head);
  EXPECT_EQ(check, HeadCheck::signature);
  const EvidenceKeys other = EvidenceKeys::from_seed(seed_of(2));
  EXPECT_EQ(check_proof(proof, other.public_key, check), ProofCheck::head);
}

TEST_F(EvidenceTest, TextThatIsNoProofIsRefusedByName) {
  three_heads();
  Proof proof;
  ASSERT_EQ(prove_now(20, proof), ProveResult::proved);
  const std::string good = to_text(proof);
  const auto refusal = [&](const std::string& from, const std::string& to) -> std::string {
    std::string text = good;
    const std::size_t at = text.find(from);
    SAKER_ASSERT(at != std::string::npos);
    text.replace(at, from.size(), to);
    try {
      parse_proof(text, "proof.toml");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "taken";
  };
  EXPECT_NE(refusal("format = 1", "format = 2").find("format"), std::string::npos);
  EXPECT_NE(refusal("head = \"", "head = \"0").find("448 hexadecimal"), std::string::npos);
  EXPECT_NE(refusal("payload = \"", "payload = \"x").find("payload"), std::string::npos);
  EXPECT_NE(refusal("blind = ", "blond = ").find("blind"), std::string::npos);
  EXPECT_NE(refusal("path = [\n  \"", "path = [\n  \"0").find("path"), std::string::npos);
  EXPECT_EQ(refusal("# One", "# Another"), "taken");
}

}  // namespace
}  // namespace saker::evidence
