// The simulated venue: small arenas so that they fill up, two markets, a few firms. Also who may
// do what, for the clients.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/ports.hpp"
#include "engine/venue_file.hpp"
#include "sim/rng.hpp"

namespace saker::sim {

inline constexpr std::uint32_t kAdminSession = 1;
inline constexpr std::uint32_t kApproverSession = 2;
inline constexpr std::uint32_t kOtherApproverSession = 3;
inline constexpr std::uint32_t kFirstTrader = 4;
inline constexpr std::uint32_t kTraders = 4;
inline constexpr std::uint32_t kSloppySession = 8;  // numbers its commands badly
inline constexpr std::uint32_t kFundsSession = 9;  // of accounts
inline constexpr std::uint32_t kGatewaySession = 10;
inline constexpr std::uint32_t kSessions = 10;
inline constexpr std::uint32_t kFirstCustomer = 8;  // accounts that trade through the gateway
inline constexpr std::uint32_t kCustomers = 3;
inline constexpr std::uint32_t kAccounts = 10;
inline constexpr std::uint32_t kMarkets = 2;
inline constexpr std::uint32_t kAssets = 3;
inline constexpr std::int64_t kReferencePrice = 1000;

/// What a venue file would say. Sizes differ by seed.
engine::Venue make_venue(Rng& rng);
/// Accounts that a session may trade for.
std::vector<std::uint32_t> accounts_of(std::uint32_t session);

/// "A" and a letter for each asset; "BASE/QUOTE" for a market.
std::string asset_symbol(std::uint32_t asset);
std::string symbol_of(std::uint32_t market);

/// Every session's secret, by key id (100 + session).
class SimSecrets : public engine::SecretSource {
 public:
  SimSecrets();
  const proto::Secret* find(std::uint32_t key_id) const override;

 private:
  std::map<std::uint32_t, proto::Secret> secrets_;
};
proto::Secret secret_of(std::uint32_t session);

}  // namespace saker::sim
