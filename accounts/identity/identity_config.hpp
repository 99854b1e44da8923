// What accounts.toml says about signing in; read in accounts/config.cpp.
#pragma once

#include <string>

#include "accounts/identity/limits.hpp"

namespace saker::accounts {

struct MailConfig {
  std::string url = "smtp://127.0.0.1:3006";
  std::string from_address = "no-reply@saker.example";
  std::string from_name = "Saker";
  std::string user;                // empty: no authentication
  std::string password_path;       // file with the password
  bool require_tls = false;        // STARTTLS or nothing, for smtp://
  std::uint64_t timeout_ns = 10'000'000'000;
  int attempts = 3;
  std::size_t max_waiting = 1'000;
};

struct IdentityConfig {
  std::int64_t code_life_ms = 300'000;
  int code_tries = 5;
  Limit codes_per_address{5, 900'000};
  Limit codes_per_address_daily{20, 86'400'000};
  Limit codes_per_network{100, 3'600'000};
  Limit tries_per_network{100, 900'000};
  std::int64_t session_life_ms = 2'592'000'000;  // since it was last used
  int sessions_per_user = 20;
  bool secure_cookies = false;
  std::int64_t account_wait_ms = 3'000;  // of a sign-in for the engine account to be open
};

}  // namespace saker::accounts
