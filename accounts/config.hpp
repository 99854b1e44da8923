// accounts.toml as plain values.
#pragma once

#include "accounts/identity/identity_config.hpp"
#include "accounts/payments/engine_port.hpp"
#include "accounts/payments/payments_config.hpp"
#include "common/config.hpp"

namespace saker::accounts {

struct AccountsConfig {
  IdentityConfig identity;
  MailConfig mail;
  PaymentsConfig payments;
  EngineConfig engine;
  std::size_t identity_workers = 2;
  std::size_t payments_workers = 3;
  std::uint64_t database_patience_ns = 5'000'000'000;
};

/// Reads everything but [server]. Throws ConfigError. `data` is the data directory.
AccountsConfig read_accounts_config(const ConfigTable& root, const std::string& data,
                                    std::uint16_t port_base);

}  // namespace saker::accounts
