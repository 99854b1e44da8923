#include "accounts/identity/identity_store.hpp"

#include <algorithm>

#include "accounts/database/database.hpp"

namespace saker::accounts {
namespace {

/// What a code is compared with when there is none, so that both cases do the same work.
const Digest kNoCode{};

/// How long ended sessions stay, so that a token that was spent long ago is still recognised.
constexpr std::int64_t kEndedSessionsKeptMs = 30LL * 86'400'000;

Digest digest_of(const pqxx::field& field) {
  const pqxx::binarystring bytes(field);
  Digest digest{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
  return digest;
}

User user_of(const pqxx::row& row) {
  return {row["user_id"].as<std::uint64_t>(), row["email"].as<std::string>(),
          row["display_name"].as<std::string>(), row["created_ms"].as<std::int64_t>()};
}

std::optional<User> one_user(const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return user_of(rows[0]);
}

User find_or_make_user(pqxx::work& tx, const std::string& email, const std::string& display_name,
                       std::int64_t now_ms) {
  const auto find = [&] {
    return one_user(tx.exec_params("SELECT user_id, email, display_name, created_ms "
                                   "FROM identity.users WHERE email = $1",
                                   email));
  };
  if (auto known = find()) return *known;
  const auto made = one_user(tx.exec_params(
      "INSERT INTO identity.users (email, display_name, created_ms) VALUES ($1, $2, $3) "
      "ON CONFLICT (email) DO NOTHING RETURNING user_id, email, display_name, created_ms",
      email, display_name, now_ms));
  // Nothing was made when another request made it at this moment: then it is there now.
  return made ? *made : find().value();
}

void add_token(pqxx::work& tx, const Digest& token_hash, std::uint64_t session_id,
               std::int64_t now_ms) {
  tx.exec_params("INSERT INTO identity.refresh_tokens (token_hash, session_id, created_ms) "
                 "VALUES ($1, $2, $3)",
                 as_bytea(token_hash), session_id, now_ms);
}

}  // namespace

std::int64_t use_limits(pqxx::work& tx, const std::vector<LimitUse>& uses, std::int64_t now_ms) {
  std::vector<LimitAnswer> answers;
  std::int64_t wait_ms = 0;
  for (const LimitUse& use : uses) {
    // Makes the row if it is not there, locks it either way, and reads it.
    const pqxx::result row = tx.exec_params(
        "INSERT INTO identity.limits AS l (kind, subject, empty_ms) VALUES ($1, $2, 0) "
        "ON CONFLICT (kind, subject) DO UPDATE SET empty_ms = l.empty_ms RETURNING empty_ms",
        use.kind, use.subject);
    answers.push_back(use_limit(use.limit, row[0][0].as<std::int64_t>(), now_ms));
    wait_ms = std::max(wait_ms, answers.back().retry_after_ms);
  }
  for (std::size_t i = 0; wait_ms == 0 && i < uses.size(); ++i) {
    tx.exec_params("UPDATE identity.limits SET empty_ms = $3 WHERE kind = $1 AND subject = $2",
                   uses[i].kind, uses[i].subject, answers[i].empty_ms);
  }
  return wait_ms;
}

std::int64_t put_code(pqxx::work& tx, const IdentityConfig& config, const std::string& email,
                      const std::string& network, const Digest& code_hash, std::int64_t now_ms) {
  const std::int64_t wait_ms =
      use_limits(tx,
                 {{"code.address", email, config.codes_per_address},
                  {"code.address_daily", email, config.codes_per_address_daily},
                  {"code.network", network, config.codes_per_network}},
                 now_ms);
  if (wait_ms > 0) return wait_ms;
  tx.exec_params(
      "INSERT INTO identity.codes (email, code_hash, created_ms, expires_ms, tries_left) "
      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email) DO UPDATE SET "
      "code_hash = EXCLUDED.code_hash, created_ms = EXCLUDED.created_ms, "
      "expires_ms = EXCLUDED.expires_ms, tries_left = EXCLUDED.tries_left",
      email, as_bytea(code_hash), now_ms, now_ms + config.code_life_ms, config.code_tries);
  return 0;
}

CodeAnswer check_code(pqxx::work& tx, const IdentityConfig& config, const std::string& email,
                      const std::string& network, const Digest& code_hash, std::int64_t now_ms) {
  const std::int64_t wait_ms =
      use_limits(tx, {{"try.network", network, config.tries_per_network}}, now_ms);
  if (wait_ms > 0) return {CodeCheck::limited, wait_ms};
  // The row stays locked to the end, so a code is used once however many try it at one time.
  const pqxx::result row = tx.exec_params(
      "UPDATE identity.codes SET tries_left = tries_left - 1 "
      "WHERE email = $1 AND tries_left > 0 AND expires_ms > $2 RETURNING code_hash",
      email, now_ms);
  const Digest expected = row.empty() ? kNoCode : digest_of(row[0][0]);
  const bool equal = equal_digests(expected, code_hash);
  if (row.empty() || !equal) return {CodeCheck::wrong, 0};
  tx.exec_params("DELETE FROM identity.codes WHERE email = $1", email);
  return {CodeCheck::right, 0};
}

SignedIn sign_in(pqxx::work& tx, const IdentityConfig& config, const std::string& email,
                 const std::string& display_name, const Caller& caller, const Digest& token_hash,
                 std::int64_t now_ms, EndedSessions& ended) {
  SignedIn in;
  in.user = find_or_make_user(tx, email, display_name, now_ms);
  in.session_id =
      tx.exec_params("INSERT INTO identity.sessions "
                     "(user_id, created_ms, last_used_ms, expires_ms, user_agent, address) "
                     "VALUES ($1, $2, $2, $3, $4, $5) RETURNING session_id",
                     in.user.user_id, now_ms, now_ms + config.session_life_ms, caller.user_agent,
                     caller.address)[0][0]
          .as<std::uint64_t>();
  add_token(tx, token_hash, in.session_id, now_ms);
  const pqxx::result over = tx.exec_params(
      "UPDATE identity.sessions SET ended_ms = $2, ended_reason = 'too_many' "
      "WHERE session_id IN (SELECT session_id FROM identity.sessions WHERE user_id = $1 "
      "AND ended_ms IS NULL ORDER BY last_used_ms DESC, session_id DESC OFFSET $3 FOR UPDATE) "
      "RETURNING session_id",
      in.user.user_id, now_ms, config.sessions_per_user);
  for (const pqxx::row& row : over) ended.session_ids.push_back(row[0].as<std::uint64_t>());
  return in;
}

RefreshCheck judge_refresh(const RefreshState& state, std::int64_t now_ms) {
  if (state.ended || now_ms >= state.expires_ms) return RefreshCheck::unknown;
  return state.used ? RefreshCheck::reused : RefreshCheck::rotated;
}

RefreshAnswer refresh(pqxx::work& tx, const IdentityConfig& config, const Digest& token_hash,
                      const Digest& next_hash, const Caller& caller, std::int64_t now_ms) {
  // The session's row first and always: whatever else ends or extends it waits.
  const pqxx::result rows = tx.exec_params(
      "SELECT s.session_id, s.ended_ms, s.expires_ms, u.user_id, u.email, u.display_name, "
      "u.created_ms FROM identity.sessions s JOIN identity.users u USING (user_id) "
      "WHERE s.session_id = (SELECT session_id FROM identity.refresh_tokens "
      "WHERE token_hash = $1) FOR UPDATE OF s",
      as_bytea(token_hash));
  if (rows.empty()) return {};
  const pqxx::row& row = rows[0];
  const pqxx::result token = tx.exec_params(
      "SELECT used_ms FROM identity.refresh_tokens WHERE token_hash = $1", as_bytea(token_hash));
  if (token.empty()) return {};
  RefreshAnswer answer;
  answer.signed_in = {user_of(row), row["session_id"].as<std::uint64_t>()};
  answer.check = judge_refresh({!token[0][0].is_null(), !row["ended_ms"].is_null(),
                                row["expires_ms"].as<std::int64_t>()},
                               now_ms);
  if (answer.check == RefreshCheck::reused) {
    end_session(tx, answer.signed_in.user.user_id, answer.signed_in.session_id, "token_reused",
                now_ms);
  } else if (answer.check == RefreshCheck::rotated) {
    tx.exec_params("UPDATE identity.refresh_tokens SET used_ms = $2 WHERE token_hash = $1",
                   as_bytea(token_hash), now_ms);
    add_token(tx, next_hash, answer.signed_in.session_id, now_ms);
    tx.exec_params("UPDATE identity.sessions SET last_used_ms = $2, expires_ms = $3, address = $4 "
                   "WHERE session_id = $1",
                   answer.signed_in.session_id, now_ms, now_ms + config.session_life_ms,
                   caller.address);
  }
  return answer;
}

std::optional<std::uint64_t> sign_out(pqxx::work& tx, const Digest& token_hash,
                                      std::int64_t now_ms) {
  const pqxx::result rows = tx.exec_params(
      "UPDATE identity.sessions SET ended_ms = $2, ended_reason = 'signed_out' "
      "WHERE ended_ms IS NULL AND session_id = (SELECT session_id FROM identity.refresh_tokens "
      "WHERE token_hash = $1) RETURNING session_id",
      as_bytea(token_hash), now_ms);
  if (rows.empty()) return std::nullopt;
  return rows[0][0].as<std::uint64_t>();
}

std::vector<SessionRow> list_sessions(pqxx::work& tx, std::uint64_t user_id, std::int64_t now_ms) {
  std::vector<SessionRow> sessions;
  for (const pqxx::row& row : tx.exec_params(
           "SELECT session_id, created_ms, last_used_ms, user_agent, address "
           "FROM identity.sessions WHERE user_id = $1 AND ended_ms IS NULL AND expires_ms > $2 "
           "ORDER BY last_used_ms DESC, session_id DESC",
           user_id, now_ms)) {
    sessions.push_back({row[0].as<std::uint64_t>(), row[1].as<std::int64_t>(),
                        row[2].as<std::int64_t>(), row[3].as<std::string>(),
                        row[4].as<std::string>()});
  }
  return sessions;
}

bool end_session(pqxx::work& tx, std::uint64_t user_id, std::uint64_t session_id,
                 const char* reason, std::int64_t now_ms) {
  return tx.exec_params("UPDATE identity.sessions SET ended_ms = $3, ended_reason = $4 "
                        "WHERE user_id = $1 AND session_id = $2 AND ended_ms IS NULL "
                        "AND expires_ms > $3",
                        user_id, session_id, now_ms, reason)
             .affected_rows() == 1;
}

std::vector<std::uint64_t> sessions_ended_since(pqxx::work& tx, std::int64_t since_ms) {
  std::vector<std::uint64_t> sessions;
  for (const pqxx::row& row : tx.exec_params(
           "SELECT session_id FROM identity.sessions WHERE ended_ms >= $1", since_ms)) {
    sessions.push_back(row[0].as<std::uint64_t>());
  }
  return sessions;
}

std::optional<User> find_user(pqxx::work& tx, std::uint64_t user_id) {
  return one_user(tx.exec_params("SELECT user_id, email, display_name, created_ms "
                                 "FROM identity.users WHERE user_id = $1",
                                 user_id));
}

std::optional<User> rename_user(pqxx::work& tx, std::uint64_t user_id,
                                const std::string& display_name) {
  return one_user(tx.exec_params("UPDATE identity.users SET display_name = $2 WHERE user_id = $1 "
                                 "RETURNING user_id, email, display_name, created_ms",
                                 user_id, display_name));
}

std::size_t clean_up(pqxx::work& tx, std::int64_t now_ms) {
  std::size_t rows = 0;
  rows += tx.exec_params("DELETE FROM identity.codes WHERE expires_ms < $1", now_ms)
              .affected_rows();
  rows += tx.exec_params("DELETE FROM identity.limits WHERE empty_ms < $1", now_ms)
              .affected_rows();
  rows += tx.exec_params("DELETE FROM identity.sessions WHERE ended_ms < $1 OR expires_ms < $1",
                         now_ms - kEndedSessionsKeptMs)
              .affected_rows();
  return rows;
}

}  // namespace saker::accounts
