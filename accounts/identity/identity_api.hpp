// The routes of signing in and of the profile: /auth/* and /api/me.
#pragma once

#include <functional>
#include <unordered_map>

#include "accounts/database/database.hpp"
#include "accounts/identity/identity_store.hpp"
#include "accounts/identity/mailer.hpp"
#include "web/server.hpp"

namespace saker::accounts {

/// Sessions that were ended while access tokens of theirs may still be good. Forgets them when
/// the last such token has run out.
class EndedTokens {
 public:
  void add(std::uint64_t session_id, std::int64_t now_s);
  bool has(std::uint64_t session_id) const { return until_s_.count(session_id) > 0; }
  void forget_old(std::int64_t now_s);

 private:
  std::unordered_map<std::uint64_t, std::int64_t> until_s_;
};

class IdentityApi {
 public:
  /// Finds the engine account of a user, opening one for a new user: calls back within
  /// `patience_ms`, with 0 when it is not open yet.
  using FindAccount = std::function<void(std::uint64_t user_id, std::int64_t patience_ms,
                                         std::function<void(std::uint32_t account)>)>;

  IdentityApi(web::Loop& loop, web::Metrics& metrics, const IdentityConfig& config,
              const MailConfig& mail, Database& database, FindAccount find_account);

  std::vector<web::Route> routes();
  /// Reads the keys in `secrets_directory`, making those that are not there.
  void start(const std::string& secrets_directory);
  /// Once ended sessions are known: before that no user's request is served.
  bool ready() const { return ended_known_; }
  /// Throws UNAUTHENTICATED when the request's session was ended. Every handler of a user's
  /// route calls it first.
  void require_live(const web::Request& request) const;

 private:
  struct Secrets {
    IdentityKey key;
    web::TokenSigner signer;
  };

  void request_code(const web::Request& request, web::Responder responder);
  void create_session(const web::Request& request, web::Responder responder);
  void refresh_session(const web::Request& request, web::Responder responder);
  void sign_out_session(const web::Request& request, web::Responder responder);
  void list_own_sessions(const web::Request& request, web::Responder responder);
  void revoke_session(const web::Request& request, web::Responder responder);
  void get_profile(const web::Request& request, web::Responder responder);
  void update_profile(const web::Request& request, web::Responder responder);

  std::int64_t now_ms() { return static_cast<std::int64_t>(loop_.utc_ns() / 1'000'000); }
  std::int64_t now_s() { return now_ms() / 1'000; }
  Secrets& secrets();
  void answer_signed_in(const SignedIn& in, const std::string& token,
                        std::shared_ptr<web::Responder> responder);
  void answer_user(const User& user, std::uint32_t account, web::Responder& responder);
  void note_ended(const std::vector<std::uint64_t>& sessions);
  void load_ended_sessions();
  void clean_up_rows();
  std::string cookie(const std::string& token, std::int64_t life_s) const;

  web::Loop& loop_;
  IdentityConfig config_;
  Database& database_;
  FindAccount find_account_;
  Mailer mailer_;
  std::unique_ptr<Secrets> secrets_;
  EndedTokens ended_;
  bool ended_known_ = false;
  web::Timer housekeeping_;
  web::Counter& codes_requested_;
  web::Counter& codes_wrong_;
  web::Counter& signed_in_;
  web::Counter& tokens_reused_;
  web::Counter& limited_;
};

}  // namespace saker::accounts
