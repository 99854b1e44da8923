// The exchange as a function of its command log: apply(state, command) -> events.
//
// One thread owns it. No clock, floating point, I/O, allocation after construction or unordered
// iteration inside; time and sequence come with the command. docs/matching.md states the rules.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "common/hash.hpp"
#include "common/types.hpp"
#include "engine/core/command.hpp"
#include "engine/core/output.hpp"
#include "query_generated.h"

namespace saker::core {

/// Client sequence numbers (docs/protocol.md): how far back decisions are remembered, how far
/// below the highest number a late one is still applied, how far above it one is accepted.
inline constexpr std::uint64_t kDecisionWindow = 1024;
inline constexpr std::uint64_t kReorderWindow = 256;
inline constexpr std::uint64_t kMaxInFlight = 1024;

/// What a session's client sequence number means now.
enum class SequenceVerdict : std::uint8_t {
  kNew,       // apply it
  kDecided,   // applied before: answer with decision()
  kSkipped,   // will never be applied
  kExpired,   // too old to know
  kTooFar,    // above the accepted window: refuse without logging
};

/// Remembered outcome of one client sequence number.
struct Decision {
  std::uint64_t client_sequence = 0;
  Sequence engine_sequence = 0;
  std::uint64_t report_sequence = 0;
  std::uint64_t order_id = 0;
  proto::ReportKind kind = proto::ReportKind::None;
  proto::Reason reason = proto::Reason::NONE;
};

/// What the session layer needs to know of a session.
struct SessionView {
  bool exists = false;
  bool connected = false;
  bool cancel_on_disconnect = false;
  std::uint32_t rights = 0;
  std::uint32_t key_id = 0;
  std::uint32_t firm = 0;
  std::uint64_t connection = 0;
  std::uint64_t highest_client_sequence = 0;
  std::uint64_t next_report_sequence = 1;
};

struct BalanceView {
  Minor available = 0;
  Minor held = 0;
};

/// Where encode() writes to and decode() reads from. write() never fails (the container reports
/// its own errors); read() returns false when the source has fewer bytes.
class StateSink {
 public:
  virtual ~StateSink() = default;
  virtual void write(Bytes bytes) = 0;
};
class StateSource {
 public:
  virtual ~StateSource() = default;
  virtual bool read(std::span<std::byte> into) = 0;
};

/// What an account or, with account 0, a trading group is.
struct PartyView {
  bool exists = false;
  bool killed = false;
  std::uint32_t account = 0;
  std::uint32_t group = 0;
  std::uint32_t firm = 0;
  std::uint32_t max_open_orders = 0;
  std::uint32_t open_orders = 0;
  std::array<std::uint8_t, 16> name{};
};

class State;  // engine/core/state.hpp

/// When the large tables get their memory: all of it at creation, so that no page is missing once
/// trading begins; or page by page, by who is in no hurry and may need few of them.
enum class TableMemory { Touched, OnUse };

class Core {
 public:
  /// Builds an empty exchange with the arenas that `genesis` asks for. The genesis record itself
  /// is applied like every other command afterwards. Fails (nullptr) when a capacity is out of
  /// range; `why` then says which.
  static std::unique_ptr<Core> create(const proto::Genesis& genesis, const char** why,
                                      TableMemory memory = TableMemory::Touched);
  ~Core();

  /// Applies one command and replaces `out`. Total for everything the session layer can
  /// sequence; a sequence gap, a body of the wrong size or a client command while an urgent job
  /// is pending is an inside lie and fatal.
  void apply(const Command& command, Output& out);
  /// This command is applied next: fetches what it will wait for, while the caller writes the log.
  void prefetch(const Command& command) const;
  /// Replay, which knows what comes: this command, checked or not, is applied some commands later.
  /// First the order that it names is fetched; a while after that, when it has arrived, what hangs
  /// on it: its neighbours and its client order id. Neither changes anything, nor is either needed.
  void prefetch_order(const Command& command) const;
  void prefetch_neighbours(const Command& command) const;

  // -- for the sequencer ----------------------------------------------------------------------
  Sequence sequence() const;
  TimeNs time_ns() const;
  std::uint64_t chain_head() const;
  std::uint32_t epoch() const;
  /// Of the run that started the present epoch.
  proto::CommitPolicy commit_policy() const;
  std::uint32_t rule_version() const;
  /// A sweep is unfinished: the next command must be `Continue`.
  bool has_urgent_job() const;
  /// Some job is unfinished: a `Continue` makes progress.
  bool has_job() const;

  // -- for the session layer ------------------------------------------------------------------
  /// A command of this session comes next but one: its state may be fetched meanwhile.
  void prefetch_session(SessionId session) const;
  SequenceVerdict check_sequence(SessionId session, std::uint64_t client_sequence) const;
  /// Valid after kDecided.
  Decision decision(SessionId session, std::uint64_t client_sequence) const;
  SessionView session(SessionId session) const;
  std::uint32_t session_capacity() const;

  // -- reads for the follower and for tests ---------------------------------------------------
  std::uint64_t next_feed_sequence() const;
  std::uint64_t next_account_sequence(AccountId account) const;
  /// True when `session` may see `account`; account 0 stands for all of them, future ones too.
  bool may_view(SessionId session, AccountId account) const;
  bool account_exists(AccountId account) const;
  PartyView account(AccountId account) const;
  PartyView group(std::uint32_t group) const;
  BalanceView balance(AccountId account, AssetId asset) const;
  std::uint32_t asset_count() const;    // ids are 1..count
  std::uint32_t market_count() const;
  std::uint32_t account_count() const;
  std::uint32_t group_count() const;
  proto::MarketDefinition definition(MarketId market) const;
  std::uint64_t open_order_count() const;

  /// Calls fn(const proto::OpenOrder&) for the account's open orders, oldest first: resting ones
  /// and, between the commands of its sweep, a sweeping one.
  template <class Fn>
  void for_each_open_order(AccountId account, Fn&& fn) const;
  /// Calls fn(const proto::BookOrder&) for the resting orders of one side, best first, in
  /// priority order.
  template <class Fn>
  void for_each_book_order(MarketId market, proto::Side side, Fn&& fn) const;
  /// The order that the account's client order id names, if it is still known (resting or not);
  /// order_id 0 when unknown. leaves_lots 0 when it is done.
  proto::OpenOrder find_client_order(AccountId account, std::uint64_t client_order_id) const;

  // -- state as bytes -------------------------------------------------------------------------
  /// Canonical logical state: two cores that agree on it behave the same for ever after.
  void encode(StateSink& sink) const;
  Hash128 state_hash() const;
  /// Reads what encode() wrote. nullptr when the bytes are not a valid state; `why` says why.
  static std::unique_ptr<Core> decode(StateSource& source, const char** why,
                                      TableMemory memory = TableMemory::Touched);

  /// Checks every internal invariant (links, holds, sums, crossed books); fatal on the first
  /// lie. Slow: for tests and the simulator.
  void check_invariants() const;

 private:
  Core();
  using OpenOrderFn = void (*)(void*, const proto::OpenOrder&);
  using BookOrderFn = void (*)(void*, const proto::BookOrder&);
  void visit_open_orders(AccountId account, OpenOrderFn fn, void* context) const;
  void visit_book(MarketId market, proto::Side side, BookOrderFn fn, void* context) const;

  std::unique_ptr<State> state_;
};

template <class Fn>
void Core::for_each_open_order(AccountId account, Fn&& fn) const {
  visit_open_orders(
      account,
      [](void* f, const proto::OpenOrder& order) {
        (*static_cast<std::remove_reference_t<Fn>*>(f))(order);
      },
      const_cast<void*>(static_cast<const void*>(&fn)));
}

template <class Fn>
void Core::for_each_book_order(MarketId market, proto::Side side, Fn&& fn) const {
  visit_book(
      market, side,
      [](void* f, const proto::BookOrder& order) {
        (*static_cast<std::remove_reference_t<Fn>*>(f))(order);
      },
      const_cast<void*>(static_cast<const void*>(&fn)));
}

}  // namespace saker::core
