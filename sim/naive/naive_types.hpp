// What goes into the naive model and what comes out. The same shapes as the core's, said again:
// the model shares nothing with the core but the wire schemas.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "common/types.hpp"
#include "feed_generated.h"
#include "order_entry_generated.h"
#include "query_generated.h"

namespace saker::naive {

inline constexpr Int128 kMillion = 1'000'000;
inline constexpr Int128 kMostMoney = Int128(1) << 61;  // minor units

inline std::uint32_t bits(proto::Rights rights) { return static_cast<std::uint32_t>(rights); }

/// One sequenced command. `body` is the schema struct of `kind`.
struct Command {
  std::uint64_t sequence = 0;
  std::uint64_t time_ns = 0;
  proto::CommandKind kind = proto::CommandKind::None;
  std::uint32_t session = 0;
  std::uint64_t client_sequence = 0;
  std::uint64_t received_ns = 0;
  std::uint8_t received_source = 0;
  std::span<const std::byte> body;

  template <class T>
  T as() const {
    T value;
    std::memcpy(static_cast<void*>(&value), body.data(), sizeof(T));
    return value;
  }
};

/// A ledger entry, laid out as the core's.
struct Leg {
  std::uint64_t reference = 0;
  std::int64_t amount = 0;
  std::int64_t balance = 0;
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
  std::uint32_t market = 0;
  std::uint8_t reason = 0;
  std::uint8_t reserved[3] = {};
};
static_assert(sizeof(Leg) == 40);

enum LegReason : std::uint8_t {
  kTrade = 1, kFee = 2, kDeposit = 3, kWithdrawal = 4, kTransfer = 5, kBust = 6,
};

/// What one command did.
struct Events {
  std::vector<proto::Report> reports;
  std::vector<proto::FeedMessage> feed;
  std::vector<proto::MarketDefinition> definitions;
  std::vector<Leg> legs;
  std::uint64_t chain_head = 0;
};

struct Balance {
  std::int64_t available = 0;
  std::int64_t held = 0;
};

/// Remembered first answer to one client sequence number.
struct Decision {
  std::uint64_t engine_sequence = 0;
  std::uint64_t report_sequence = 0;
  std::uint64_t order_id = 0;
  proto::ReportKind kind = proto::ReportKind::None;
  proto::Reason reason = proto::Reason::NONE;
};

enum class Verdict { kNew, kDecided, kSkipped, kExpired, kTooFar };

}  // namespace saker::naive
