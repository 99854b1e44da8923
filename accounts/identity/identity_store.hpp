// The identity schema in functions: each is a part of a transaction and knows nothing of HTTP,
// clocks or randomness. Times are UTC milliseconds. Races are decided by row locks and unique
// keys in the database, never by what was read before.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "accounts/identity/identity_config.hpp"
#include "accounts/identity/secrets.hpp"

namespace saker::accounts {

struct User {
  std::uint64_t user_id = 0;
  std::string email;
  std::string display_name;
  std::int64_t created_ms = 0;
};

/// Where a request came from.
struct Caller {
  std::string address;     // as shown in the list of sessions
  std::string network;     // network_of(address), what limits count
  std::string user_agent;  // at most 256 bytes of UTF-8
};

/// Takes one use of every limit, or of none. 0 when allowed, else milliseconds to wait.
struct LimitUse {
  const char* kind;
  std::string subject;
  Limit limit;
};
std::int64_t use_limits(pqxx::work& tx, const std::vector<LimitUse>& uses, std::int64_t now_ms);

/// Puts a code in place of the address's last one. 0 when done, else milliseconds to wait.
/// Does the same for known and unknown addresses.
std::int64_t put_code(pqxx::work& tx, const IdentityConfig& config, const std::string& email,
                      const std::string& network, const Digest& code_hash, std::int64_t now_ms);

enum class CodeCheck : std::uint8_t { right, wrong, limited };
struct CodeAnswer {
  CodeCheck check = CodeCheck::wrong;
  std::int64_t retry_after_ms = 0;  // limited
};
/// Spends a try, and the code itself when it is right.
CodeAnswer check_code(pqxx::work& tx, const IdentityConfig& config, const std::string& email,
                      const std::string& network, const Digest& code_hash, std::int64_t now_ms);

/// A session that is going on, and whose it is.
struct SignedIn {
  User user;
  std::uint64_t session_id = 0;
};
struct EndedSessions {
  std::vector<std::uint64_t> session_ids;
};

/// Makes the user unless the address has one (`display_name` is only for a new one) and a session
/// with its first refresh token; ends the user's oldest sessions beyond the limit, into `ended`.
SignedIn sign_in(pqxx::work& tx, const IdentityConfig& config, const std::string& email,
                 const std::string& display_name, const Caller& caller, const Digest& token_hash,
                 std::int64_t now_ms, EndedSessions& ended);

enum class RefreshCheck : std::uint8_t {
  rotated,  // the token was the current one: it is spent, the next one is in place
  unknown,  // no such token, or its session is over
  reused,   // spent before: somebody has a copy, so the whole session is ended
};
/// What becomes of a refresh token that was found in the database.
struct RefreshState {
  bool used = false;         // it was exchanged before
  bool ended = false;        // its session was
  std::int64_t expires_ms = 0;
};
RefreshCheck judge_refresh(const RefreshState& state, std::int64_t now_ms);

struct RefreshAnswer {
  RefreshCheck check = RefreshCheck::unknown;
  SignedIn signed_in;  // rotated; the session also when reused
};
RefreshAnswer refresh(pqxx::work& tx, const IdentityConfig& config, const Digest& token_hash,
                      const Digest& next_hash, const Caller& caller, std::int64_t now_ms);

/// Ends the session of a refresh token, spent or not; its number, or nothing.
std::optional<std::uint64_t> sign_out(pqxx::work& tx, const Digest& token_hash,
                                      std::int64_t now_ms);

struct SessionRow {
  std::uint64_t session_id = 0;
  std::int64_t created_ms = 0, last_used_ms = 0;
  std::string user_agent, address;
};
/// The user's sessions that are going on, the last used first.
std::vector<SessionRow> list_sessions(pqxx::work& tx, std::uint64_t user_id, std::int64_t now_ms);
/// Ends one of the user's own sessions. False when the user has no such session going on.
bool end_session(pqxx::work& tx, std::uint64_t user_id, std::uint64_t session_id,
                 const char* reason, std::int64_t now_ms);
/// Sessions ended since `since_ms`.
std::vector<std::uint64_t> sessions_ended_since(pqxx::work& tx, std::int64_t since_ms);

std::optional<User> find_user(pqxx::work& tx, std::uint64_t user_id);
std::optional<User> rename_user(pqxx::work& tx, std::uint64_t user_id,
                                const std::string& display_name);

/// Deletes codes and limits that count no more and sessions that ended long ago; rows deleted.
std::size_t clean_up(pqxx::work& tx, std::int64_t now_ms);

}  // namespace saker::accounts
