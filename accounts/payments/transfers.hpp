// Transfers and what a user asks for, as the payments schema has them.
#pragma once

#include <optional>
#include <string>

#include "accounts/payments/outbox.hpp"

namespace saker::accounts {

struct Transfer {
  std::uint64_t transfer_id = 0;
  std::string kind, asset, status;
  unsigned decimals = 0;
  Minor amount = 0;
  std::optional<std::string> reason;
  std::optional<std::int64_t> engine_sequence;
  std::int64_t created_ms = 0, updated_ms = 0;
};

/// Sequence of the ledger entry of a deposit, or of a withdrawal that was paid; 0: none.
struct LookUp {
  std::uint64_t outbox_id = 0;
  Sequence entry_sequence = 0;
};

/// What the ledger answers, all of one moment.
struct LookUpAnswer {
  Sequence cursor = 0;  // up to where settlement had come
  std::vector<LookUp> found;
};

}  // namespace saker::accounts
