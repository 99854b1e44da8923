// Exactly once, against the toy venue of the SDK's tests: a network that loses, doubles and
// reorders, an engine that is killed and forgets, a settlement that lags, and an accounts service
// that dies at any moment and knows afterwards only what it had committed.
#include <gtest/gtest.h>

#include <set>

#include "accounts/history/history_store.hpp"
#include "accounts/payments/funds_session.hpp"
#include "client/fake/rig.hpp"

namespace saker::accounts {
namespace {

using client::fake::Network;
using client::fake::Rig;
using client::fake::Venue;

/// References by client sequence number, as last seen on the wire; Network::cut takes no context.
std::map<std::uint64_t, std::uint64_t> wire_references;

bool note_deposits(net::Endpoint, net::Endpoint, std::span<const std::byte> bytes) {
  proto::Prefix prefix;
  if (proto::parse_prefix(bytes, prefix) != proto::FrameError::None) return false;
  if (prefix.kind != proto::PacketKind::Command ||
      prefix.type != raw(proto::CommandKind::Deposit)) {
    return false;
  }
  if (const auto* deposit = proto::decode<proto::Deposit>(proto::payload_of(bytes))) {
    wire_references[prefix.sequence] = deposit->reference();
  }
  return false;
}

struct Row {
  OutboxCommand command;
  bool open = true;
};

/// The world: what survives a death of the accounts service.
struct World {
  explicit World(std::uint64_t seed) : network(seed), venue(network, Rig::secret()) {
    wire_references.clear();
    network.cut = note_deposits;
    network.faults = {.loss = 0.05, .duplicate = 0.05, .reorder = 0.05};
  }

  void step() {
    network.now_ns += 200'000;
    venue.poll();
    for (const auto& [number, times] : venue.times_applied) {
      if (!noted_.insert(number).second) continue;
      const std::uint64_t reference = wire_references[number];
      ++times_applied[reference];
      entries.emplace(reference, venue.sequence());
    }
    if (network.chance(0.02)) cursor = venue.sequence();  // settlement comes along
  }
  Sequence entry(std::uint64_t reference) const {
    const auto at = entries.find(reference);
    return at != entries.end() && at->second <= cursor ? at->second : 0;
  }

  Network network;
  Venue venue;
  std::map<std::uint64_t, Row> table;               // payments.outbox
  std::map<std::uint64_t, int> times_applied;       // by reference
  std::map<std::uint64_t, Sequence> entries;        // the ledger
  Sequence cursor = 0;                              // settlement's
  std::uint16_t next_port = 40'000;

 private:
  std::set<std::uint64_t> noted_;  // numbers of commands that were applied
};

/// One life of the accounts service.
struct Life {
  Life(World& w, bool careful)
      : world(w),
        transport(w.network, {0x7F000001, w.next_port++}),
        session(config(w), transport, outbox) {
    for (const auto& [id, row] : world.table) {
      if (row.open) outbox.add(row.command, careful);
    }
    session.start(world.network.now_ns);
  }
  static client::SessionConfig config(World& w) {
    client::SessionConfig config = Rig::config();
    config.nonce_seed = w.network.random();
    return config;
  }

  void book() {
    const std::uint64_t id = world.table.size() + 1;
    const OutboxCommand command{id, 1'000 + id, OutboxKind::deposit, Venue::kAccount, 1, 100};
    world.table[id] = {command};
    outbox.add(command, false);
  }

  void step() {
    world.step();
    session.poll(world.network.now_ns);
    for (const OutboxDecision& d : outbox.take_decisions()) unrecorded.push_back(d);
    if (world.network.chance(0.3)) record();
    const Sequence wanted = outbox.wanted_cursor();
    if (wanted == 0 || world.cursor < wanted) return;
    for (const OutboxCommand& command : outbox.to_look_up(world.cursor)) {
      outbox.looked_up(command.outbox_id, world.entry(command.reference), world.cursor);
    }
  }
  void record() {
    for (const OutboxDecision& d : unrecorded) {
      EXPECT_TRUE(d.done);
      world.table[d.command.outbox_id].open = false;
    }
    unrecorded.clear();
  }

  World& world;
  Outbox outbox;
  client::fake::Transport transport;
  FundsSession<client::fake::Transport> session;
  std::vector<OutboxDecision> unrecorded;
};

/// Deposits under deaths of everybody; how many were not applied exactly once.
int deposits_gone_wrong(std::uint64_t seed, bool careful) {
  World world(seed);
  auto life = std::make_unique<Life>(world, careful);
  for (int i = 0; i < 12'000; ++i) {
    if (i < 9'000) {
      if (world.table.size() < 60 && world.network.chance(0.01)) life->book();
      if (world.network.chance(0.001)) life = std::make_unique<Life>(world, careful);
      if (world.network.chance(0.0005)) world.venue.restart_engine();
      if (world.network.chance(0.002)) world.venue.refuse_next = 2;
      world.venue.forget_old_numbers = i % 1'000 < 60;
    }
    life->step();
    if (i > 9'000 && life->outbox.size() == 0 && life->unrecorded.empty()) break;
  }
  life->record();
  EXPECT_EQ(life->outbox.size(), 0u) << "seed " << seed;
  EXPECT_GT(world.table.size(), 30u);
  int wrong = 0;
  for (const auto& [id, row] : world.table) {
    const int times = world.times_applied[row.command.reference];
    wrong += row.open || times != 1;
    EXPECT_FALSE(careful && (row.open || times != 1))
        << "seed " << seed << " reference " << row.command.reference << " applied " << times;
  }
  return wrong;
}

TEST(OutboxAgainstVenue, EveryDepositHappensOnceWhateverDies) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    EXPECT_EQ(deposits_gone_wrong(seed, true), 0) << "seed " << seed;
  }
}

// The same deaths, but what an earlier life left is just sent again: the world above must notice.
TEST(OutboxAgainstVenue, SendingAgainWithoutAskingWouldDouble) {
  int wrong = 0;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) wrong += deposits_gone_wrong(seed, false);
  EXPECT_GT(wrong, 0);
}

// ---- the rules one by one ---------------------------------------------------------------------

struct Sent {
  std::vector<OutboxCommand> commands;
  std::uint64_t operator()(const OutboxCommand& command) {
    commands.push_back(command);
    return commands.size();
  }
};

client::Outcome outcome(std::uint64_t number, client::Result result,
                        proto::Reason reason = proto::Reason::NONE, Sequence sequence = 50) {
  client::Outcome o;
  o.client_sequence = number;
  o.result = result;
  o.reason = reason;
  o.engine_sequence = sequence;
  return o;
}

OutboxCommand command(OutboxKind kind, std::uint64_t id = 1) {
  return {id, 900 + id, kind, 10, 1, 500};
}

TEST(OutboxRules, AnUncertainDepositWaitsForALogonAndForSettlement) {
  Outbox outbox;
  Sent sent;
  outbox.add(command(OutboxKind::deposit), true);
  outbox.send_due(1, std::ref(sent));
  EXPECT_TRUE(sent.commands.empty());
  EXPECT_EQ(outbox.wanted_cursor(), 0u);
  outbox.on_logged_on(70);
  EXPECT_EQ(outbox.wanted_cursor(), 70u);
  EXPECT_TRUE(outbox.to_look_up(69).empty());
  ASSERT_EQ(outbox.to_look_up(70).size(), 1u);
  outbox.looked_up(1, 0, 69);  // the database has crashed and lost the end meanwhile
  outbox.send_due(1, std::ref(sent));
  EXPECT_TRUE(sent.commands.empty());
  ASSERT_EQ(outbox.to_look_up(70).size(), 1u);
  outbox.looked_up(1, 0, 70);  // not there: it never happened
  outbox.send_due(1, std::ref(sent));
  EXPECT_EQ(sent.commands.size(), 1u);
}

TEST(OutboxRules, AnUncertainDepositThatTheLedgerHasIsDone) {
  Outbox outbox;
  outbox.on_logged_on(70);
  outbox.add(command(OutboxKind::deposit), true);
  outbox.looked_up(1, 61, 70);
  const auto decisions = outbox.take_decisions();
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_TRUE(decisions[0].done);
  EXPECT_EQ(decisions[0].engine_sequence, 61u);
}

TEST(OutboxRules, WhatTheEngineHasForgottenWaitsForANewLogon) {
  Outbox outbox;
  Sent sent;
  outbox.on_logged_on(70);
  outbox.add(command(OutboxKind::deposit), false);
  outbox.send_due(1, std::ref(sent));
  EXPECT_FALSE(outbox.wants_logon(1));
  outbox.on_outcome(outcome(1, client::Result::kUnresolved, proto::Reason::OUTCOME_EXPIRED, 0), 1);
  EXPECT_TRUE(outbox.wants_logon(1));
  EXPECT_EQ(outbox.wanted_cursor(), 0u);
  EXPECT_TRUE(outbox.to_look_up(1'000).empty());
  outbox.on_logged_on(85);
  EXPECT_FALSE(outbox.wants_logon(1));
  EXPECT_EQ(outbox.wanted_cursor(), 85u);
}

TEST(OutboxRules, ARefusalAsBusyIsNotTheLastWordOnOtherCopies) {
  Outbox outbox;
  Sent sent;
  outbox.on_logged_on(1);
  outbox.add(command(OutboxKind::deposit), false);
  outbox.send_due(1, std::ref(sent));
  outbox.on_outcome(outcome(1, client::Result::kNotSequenced), 1'000);
  outbox.send_due(UINT64_MAX, std::ref(sent));
  EXPECT_EQ(sent.commands.size(), 1u);
  EXPECT_FALSE(outbox.wants_logon(1'000));  // after a pause
  EXPECT_TRUE(outbox.wants_logon(outbox.next_send_ns()));
  outbox.on_logged_on(90);
  outbox.looked_up(1, 0, 90);
  outbox.send_due(1'000, std::ref(sent));
  EXPECT_EQ(sent.commands.size(), 2u);
}

TEST(OutboxRules, WhatIsSurelyNotAppliedIsSentAgainAndRefusalsAreFinal) {
  Outbox outbox;
  Sent sent;
  outbox.on_logged_on(1);
  outbox.add(command(OutboxKind::deposit), false);
  outbox.send_due(1, std::ref(sent));
  outbox.on_outcome(outcome(1, client::Result::kNeverApplied), 1'000);
  outbox.send_due(1'000, std::ref(sent));
  EXPECT_EQ(sent.commands.size(), 2u);
  outbox.on_outcome(outcome(2, client::Result::kRejected, proto::Reason::UNKNOWN_ASSET), 2'000);
  const auto decisions = outbox.take_decisions();
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_FALSE(decisions[0].done);
  EXPECT_EQ(decisions[0].reason, proto::Reason::UNKNOWN_ASSET);
}

TEST(OutboxRules, AHoldWhoseReferenceIsInUseIsDoneOnlyIfItMayHaveBeenSent) {
  for (const bool maybe_sent : {false, true}) {
    Outbox outbox;
    Sent sent;
    outbox.on_logged_on(1);
    outbox.add(command(OutboxKind::hold), maybe_sent);
    outbox.send_due(1, std::ref(sent));
    ASSERT_EQ(sent.commands.size(), 1u);
    outbox.on_outcome(
        outcome(1, client::Result::kRejected, proto::Reason::ADMIN_REFERENCE_IN_USE), 1);
    const auto decisions = outbox.take_decisions();
    ASSERT_EQ(decisions.size(), 1u);
    EXPECT_EQ(decisions[0].done, maybe_sent);
  }
}

TEST(OutboxRules, AWithdrawalThatIsSettledAlreadyIsWhatTheLedgerSays) {
  for (const Sequence entry : {Sequence{0}, Sequence{44}}) {
    Outbox outbox;
    Sent sent;
    outbox.on_logged_on(1);
    outbox.add(command(OutboxKind::pay), true);
    outbox.send_due(1, std::ref(sent));
    outbox.on_outcome(
        outcome(1, client::Result::kRejected, proto::Reason::UNKNOWN_WITHDRAWAL, 50), 1);
    EXPECT_TRUE(outbox.take_decisions().empty());
    EXPECT_EQ(outbox.wanted_cursor(), 50u);
    outbox.looked_up(1, entry, 50);
    const auto decisions = outbox.take_decisions();
    ASSERT_EQ(decisions.size(), 1u);
    EXPECT_TRUE(decisions[0].done);
    EXPECT_EQ(decisions[0].command.kind, entry != 0 ? OutboxKind::pay : OutboxKind::void_hold);
  }
}

TEST(OutboxRules, ARowComesOnce) {
  Outbox outbox;
  Sent sent;
  outbox.on_logged_on(1);
  outbox.add(command(OutboxKind::deposit), false);
  outbox.send_due(1, std::ref(sent));
  outbox.add(command(OutboxKind::deposit), true);  // the rescue found it, too
  outbox.send_due(1, std::ref(sent));
  EXPECT_EQ(sent.commands.size(), 1u);
  EXPECT_EQ(outbox.wanted_cursor(), 0u);
}

// ---- opening accounts -------------------------------------------------------------------------

/// The engine's directory: numbers without gaps.
struct ToyDirectory {
  struct Party {
    std::string name;
    std::uint32_t firm = 0, group = 0;
    bool granted = false;
  };
  std::vector<Party> groups{{"venue", 1}}, accounts{{"fees", 1, 1}};
  Sequence sequence = 10;

  proto::Reason apply(const AccountOpener::Action& a) {
    using Step = AccountOpener::Step;
    ++sequence;
    if (a.step == Step::add_group) {
      if (a.id != groups.size() + 1) return proto::Reason::ADMIN_ID_NOT_NEXT;
      groups.push_back({a.name, 5});
    } else if (a.step == Step::add_account) {
      if (a.id != accounts.size() + 1) return proto::Reason::ADMIN_ID_NOT_NEXT;
      accounts.push_back({a.name, 5, a.group});
    } else if (a.step == Step::grant) {
      accounts.at(a.id - 1).granted = true;
    }
    return proto::Reason::NONE;
  }
  std::optional<proto::AccountDetail> detail(const AccountOpener::Action& a) const {
    const bool group = a.step == AccountOpener::Step::ask_group;
    const auto& list = group ? groups : accounts;
    if (a.id == 0 || a.id > list.size()) return std::nullopt;
    const Party& party = list[a.id - 1];
    proto::AccountDetail detail;
    detail.mutate_account(group ? 0 : a.id);
    detail.mutate_group(group ? a.id : party.group);
    detail.mutate_firm(party.firm);
    client::fill_text(detail.mutable_name(), party.name);
    return detail;
  }
};

struct OpenerWorld {
  ToyDirectory engine;
  std::map<std::uint64_t, OpenedAccount> table;  // account 0: waiting
  Network random{1};

  std::unique_ptr<AccountOpener> life() {
    auto opener = std::make_unique<AccountOpener>(AccountOpener::Config{});
    OpenedAccount last;
    for (const auto& [user, open] : table) {
      if (open.account > last.account) last = open;
    }
    opener->set_last_known(last, last.account);
    for (const auto& [user, open] : table) {
      if (open.account == 0) opener->add(user);
    }
    opener->on_logged_on(engine.sequence);
    return opener;
  }
};

TEST(AccountOpenerTest, OneAccountAndOneGroupForEachUserWhateverDies) {
  using Step = AccountOpener::Step;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    OpenerWorld world;
    world.random = Network(seed);
    auto opener = world.life();
    TimeNs now_ns = 1;
    for (int i = 0; i < 3'000 && (i < 1'000 || opener->waiting() > 0); ++i) {
      now_ns += 20'000'000;
      if (world.table.size() < 25 && world.random.chance(0.1)) {
        const std::uint64_t user = world.table.size() + 1;
        world.table[user] = {user, 0, 0};
        opener->add(user);
      }
      const AccountOpener::Action action = opener->next(now_ns);
      if (action.step == Step::none) continue;
      if (action.step == Step::ask_account || action.step == Step::ask_group) {
        if (world.random.chance(0.1)) {
          opener->on_no_answer(now_ns);
          continue;
        }
        opener->on_answer(world.engine.detail(action),
                          static_cast<std::uint32_t>(world.engine.groups.size()),
                          static_cast<std::uint32_t>(world.engine.accounts.size()));
        continue;
      }
      if (world.random.chance(0.03)) world.engine.groups.push_back({"by-hand", 2});
      const proto::Reason reason = world.engine.apply(action);
      if (world.random.chance(0.1)) {  // dies before it hears of it
        opener = world.life();
        continue;
      }
      const bool forgotten = world.random.chance(0.05);
      opener->on_outcome(outcome(1, forgotten ? client::Result::kUnresolved
                                    : reason == proto::Reason::NONE ? client::Result::kAccepted
                                                                    : client::Result::kRejected,
                                 reason, world.engine.sequence),
                         now_ns);
      for (const OpenedAccount& opened : opener->take_opened()) {
        world.table[opened.user_id] = opened;
      }
    }
    std::map<std::string, int> accounts;
    for (const auto& account : world.engine.accounts) {
      ++accounts[account.name];
      if (account.firm != 5) continue;
      EXPECT_EQ(world.engine.groups[account.group - 1].name, account.name);
    }
    for (const auto& [user, open] : world.table) {
      ASSERT_NE(open.account, 0u) << "seed " << seed << " user " << user;
      const auto& account = world.engine.accounts[open.account - 1];
      EXPECT_EQ(account.name, std::string("u").append(std::to_string(user)));
      EXPECT_EQ(accounts[account.name], 1) << "seed " << seed;
      EXPECT_EQ(account.group, open.group);
      EXPECT_TRUE(account.granted);
    }
  }
}

TEST(AccountOpenerTest, ADirectoryOfAnotherVenueIsNoticed) {
  AccountOpener opener({});
  opener.set_last_known({.user_id = 4, .group = 2, .account = 2}, 2);
  opener.add(5);
  opener.on_logged_on(9);
  const AccountOpener::Action action = opener.next(1);
  ASSERT_EQ(action.step, AccountOpener::Step::ask_account);
  ASSERT_EQ(action.id, 2u);
  ToyDirectory other;
  other.accounts.push_back({"u77", 5, 2});
  opener.on_answer(other.detail(action), 2, 2);
  EXPECT_TRUE(opener.foreign());
  EXPECT_FALSE(opener.discovered());
  EXPECT_EQ(opener.next(1'000'000'000'000).step, AccountOpener::Step::none);
}

// ---- text -------------------------------------------------------------------------------------

TEST(History, TextIsExact) {
  EXPECT_EQ(utc_text(1'700'000'000'000'000'007), "2023-11-14T22:13:20.000000007Z");
  EXPECT_TRUE(parse_wide("-170141183460469231731687303715884105727") == -(~Int128{0} ^
                                                                          (Int128{1} << 127)));
  Market market;
  market.tick_size = 1;
  market.lot_size = 100'000'000;
  market.tick_value = 1;
  market.price_decimals = 2;
  market.base_decimals = 8;
  market.quote_decimals = 2;
  EXPECT_EQ(market.price_text(2'500), "25.00");
  EXPECT_EQ(market.quantity_text(3), "3");
  EXPECT_EQ(market.average_price_text(2'500 * 3, 3), "25.00");
  EXPECT_EQ(market.average_price_text(2'500 + 2 * 2'501, 3), "25.006667");
}

TEST(History, AStatementNamesWhatItIsAbout) {
  Catalogue catalogue;
  StatementRow row;
  row.sequence = 12;
  row.reason = 3;
  row.asset = 9;
  row.amount = -5;
  row.reference = UINT64_MAX;
  const std::string csv = statement_csv({row}, catalogue);
  EXPECT_NE(csv.find("1970-01-01T00:00:00.000000000Z,12,0,deposit,9,-5,0,,18446744073709551615"),
            std::string::npos)
      << csv;
}

}  // namespace
}  // namespace saker::accounts
