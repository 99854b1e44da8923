// What one command did: the canonical events, in four lists whose order is fixed.
//
// Reports are private, feed messages and definitions public, legs are for the ledger. The event
// chain covers all four lists (reports up to their volatile tail), so two runs that agree on the
// chain head agree on every byte anyone could have seen.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "common/assert.hpp"
#include "common/types.hpp"
#include "feed_generated.h"
#include "order_entry_generated.h"

namespace saker::core {

/// Why an amount moved. Numbers are stable: they are in the event journal and the database.
enum class LegReason : std::uint8_t {
  kTrade = 1, kFee = 2, kDeposit = 3, kWithdrawal = 4, kTransfer = 5, kBust = 6,
};

/// One ledger entry. Over one command the legs of each asset sum to zero, except that deposits
/// and withdrawals have account 0 ("outside") as their other side.
struct LedgerLeg {
  std::uint64_t reference = 0;  // trade id, deposit or withdrawal reference, proposal id
  Minor amount = 0;             // what `account` gains (negative: loses)
  Minor balance = 0;            // its total (available + held) afterwards; 0 for account 0
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
  std::uint32_t market = 0;     // 0 when no market is involved
  LegReason reason = LegReason::kTrade;
  std::uint8_t reserved[3] = {};
};
static_assert(sizeof(LedgerLeg) == 40);

/// Work limits of one apply. A taker that meets more makers, a mass cancel with more orders go
/// on in `Continue` commands.
inline constexpr std::size_t kMaxFillsPerCommand = 32;
inline constexpr std::size_t kMaxCancelsPerCommand = 32;
inline constexpr std::size_t kMaxReports = 2 * kMaxFillsPerCommand + 8;
inline constexpr std::size_t kMaxFeedMessages = 2 * kMaxFillsPerCommand + 8;
inline constexpr std::size_t kMaxDefinitions = 4;
inline constexpr std::size_t kMaxLegs = 8 * kMaxFillsPerCommand + 8;

/// A list with room for the most one command can add; never grows.
template <class T, std::size_t kCapacity>
class FixedList {
 public:
  T& add() {
    SAKER_ASSERT(size_ < kCapacity);
    T& item = items_[size_++];
    item = T{};
    return item;
  }
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const T> view() const { return {items_.get(), size_}; }
  std::span<T> mutable_view() { return {items_.get(), size_}; }
  const T& operator[](std::size_t i) const { return items_[i]; }

 private:
  std::unique_ptr<T[]> items_ =
      std::make_unique<T[]>(kCapacity);  // tidy: allow(allocation) once, before the first command
  std::size_t size_ = 0;
};

/// Reports are hashed up to here; what follows is filled in at release.
inline constexpr std::size_t kReportStableBytes = 136;
static_assert(sizeof(proto::Report) == kReportStableBytes + 24);

struct Output {
  Sequence sequence = 0;         // of the command
  TimeNs time_ns = 0;
  std::uint64_t chain_head = 0;  // after this command
  std::uint64_t first_feed_sequence = 0;  // of feed[0]; the rest follow by one
  FixedList<proto::Report, kMaxReports> reports;
  FixedList<proto::FeedMessage, kMaxFeedMessages> feed;
  FixedList<proto::MarketDefinition, kMaxDefinitions> definitions;
  FixedList<LedgerLeg, kMaxLegs> legs;

  void clear() {
    reports.clear();
    feed.clear();
    definitions.clear();
    legs.clear();
    first_feed_sequence = 0;
  }
};

}  // namespace saker::core
