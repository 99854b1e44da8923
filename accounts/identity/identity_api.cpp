#include "accounts/identity/identity_api.hpp"

#include <algorithm>

#include "accounts/identity/email.hpp"
#include "common/clock.hpp"
#include "web/log.hpp"

namespace saker::accounts {
namespace {

using web::Access;
using web::Method;
using web::Request;
using web::Responder;

constexpr const char* kCookie = "saker_refresh";
constexpr std::size_t kSmallBody = 4'096;

/// Text that came in a header, as it may be kept: printable, at most 256 bytes.
std::string tame(std::string_view text) {
  std::string kept(text.substr(0, 256));
  std::replace_if(kept.begin(), kept.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return kept;
}

Caller caller_of(const Request& request) {
  const std::string& address = request.client_address();
  return {client_address(address), network_of(address), tame(request.header("User-Agent"))};
}

std::string need_email(const web::Fields& body) {
  const auto email = normalise_email(body.need_text("email", 512));
  if (!email) body.fail("email", "is not a mail address");
  return *email;
}

web::ApiError wrong_code() {
  return web::unauthenticated("the code is wrong, used or too old; ask for a new one");
}

web::ApiError limited(std::int64_t wait_ms) {
  return web::rate_limited(static_cast<unsigned>(std::clamp<std::int64_t>(
      (wait_ms + 999) / 1'000, 1, 86'400)));
}

void write_user(web::Writer& out, const User& user, std::uint32_t account) {
  out.begin_object().field_id("user_id", user.user_id).field("email", user.email);
  out.field("display_name", user.display_name).key("account");
  if (account != 0) {
    out.id(account);
  } else {
    out.value(nullptr);
  }
  out.field("created_at", user.created_ms).end_object();
}

}  // namespace

void EndedTokens::add(std::uint64_t session_id, std::int64_t now_s) {
  until_s_[session_id] = now_s + web::kAccessTokenLifeS + 1;
}

void EndedTokens::forget_old(std::int64_t now_s) {
  std::erase_if(until_s_, [now_s](const auto& entry) { return entry.second <= now_s; });
}

IdentityApi::IdentityApi(web::Loop& loop, web::Metrics& metrics, const IdentityConfig& config,
                         const MailConfig& mail, Database& database, FindAccount find_account)
    : loop_(loop),
      config_(config),
      database_(database),
      find_account_(std::move(find_account)),
      mailer_(mail, metrics),
      housekeeping_(loop),
      codes_requested_(metrics.counter("codes_requested_total", "Sign-in codes asked for")),
      codes_wrong_(metrics.counter("codes_wrong_total", "Sign-in codes that were wrong")),
      signed_in_(metrics.counter("sign_ins_total", "Sessions begun")),
      tokens_reused_(metrics.counter("refresh_tokens_reused_total",
                                     "Sessions ended because a spent token came again")),
      limited_(metrics.counter("sign_in_limited_total", "Requests over a sign-in limit")) {}

std::vector<web::Route> IdentityApi::routes() {
  return {
      {Method::Post, "/auth/code", Access::Service, "request_code",
       to(this, &IdentityApi::request_code), kSmallBody},
      {Method::Post, "/auth/session", Access::Service, "create_session",
       to(this, &IdentityApi::create_session), kSmallBody},
      {Method::Post, "/auth/refresh", Access::Service, "refresh_session",
       to(this, &IdentityApi::refresh_session), kSmallBody},
      {Method::Post, "/auth/sign-out", Access::Service, "sign_out",
       to(this, &IdentityApi::sign_out_session), kSmallBody},
      {Method::Get, "/auth/sessions", Access::ServiceUser, "list_sessions",
       to(this, &IdentityApi::list_own_sessions)},
      {Method::Delete, "/auth/sessions/{session_id}", Access::ServiceUser, "revoke_session",
       to(this, &IdentityApi::revoke_session)},
      {Method::Get, "/api/me", Access::ServiceUser, "get_profile",
       to(this, &IdentityApi::get_profile)},
      {Method::Patch, "/api/me", Access::ServiceUser, "update_profile",
       to(this, &IdentityApi::update_profile), kSmallBody},
  };
}

void IdentityApi::start(const std::string& secrets_directory) {
  secrets_ = std::make_unique<Secrets>(
      Secrets{IdentityKey::load(secrets_directory), web::TokenSigner(secrets_directory)});
  mailer_.start();
  load_ended_sessions();
  housekeeping_.every(60'000'000'000, [this] { clean_up_rows(); });
}

IdentityApi::Secrets& IdentityApi::secrets() {
  if (secrets_ == nullptr) throw web::unavailable("the service is still starting");
  return *secrets_;
}

void IdentityApi::require_live(const Request& request) const {
  if (!ended_known_) throw web::unavailable("the service is still starting; try again shortly");
  if (ended_.has(request.identity().session)) {
    throw web::unauthenticated("this session was ended; sign in again");
  }
}

void IdentityApi::note_ended(const std::vector<std::uint64_t>& sessions) {
  for (const std::uint64_t session : sessions) ended_.add(session, now_s());
}

void IdentityApi::load_ended_sessions() {
  const std::int64_t since_ms = now_ms() - (web::kAccessTokenLifeS + 60) * 1'000;
  database_.run(
      Database::Mode::read,
      [since_ms](pqxx::work& tx) { return sessions_ended_since(tx, since_ms); },
      [this](DbResult<std::vector<std::uint64_t>> result) {
        if (!result) {
          loop_.after(200'000'000, [this] { load_ended_sessions(); });
          return;
        }
        note_ended(*result.value);
        ended_known_ = true;
      });
}

void IdentityApi::clean_up_rows() {
  ended_.forget_old(now_s());
  const std::int64_t now = now_ms();
  database_.run(
      Database::Mode::write, [now](pqxx::work& tx) { return clean_up(tx, now); },
      [](const DbResult<std::size_t>&) {});
}

void IdentityApi::request_code(const Request& request, Responder responder) {
  const web::Fields body = request.json();
  const std::string email = need_email(body);
  body.reject_unknown();
  codes_requested_.add();
  const std::string code = make_code();
  const Digest hash = secrets().key.hash_code(email, code);
  auto shared = std::make_shared<Responder>(std::move(responder));
  database_.run(
      Database::Mode::write,
      [this, email, hash, network = caller_of(request).network, now = now_ms()](pqxx::work& tx) {
        return put_code(tx, config_, email, network, hash, now);
      },
      [this, email, code, shared](const DbResult<std::int64_t>& wait_ms) {
        if (!wait_ms) return shared->answer(*wait_ms.error);
        if (*wait_ms.value > 0) {
          limited_.add();
          return shared->answer(limited(*wait_ms.value));
        }
        const TimeNs now_ns = MonotonicClock().now_ns();
        if (!mailer_.send(code_mail(email, code, config_.code_life_ms, now_ns))) {
          return shared->answer(web::unavailable("too many mails are waiting; try again shortly"));
        }
        web::Writer out;
        out.begin_object();
        out.field("message", "if this address can be reached, a code is on its way").end_object();
        shared->answer(web::json_response(out.take(), 202));
      });
}

void IdentityApi::create_session(const Request& request, Responder responder) {
  const web::Fields body = request.json();
  const std::string email = need_email(body);
  const std::string code = normalise_code(body.need_text("code", 32));
  if (code.empty()) body.fail("code", "must be six digits");
  std::string name = name_from_email(email);
  if (const auto wished = body.text("display_name", 256)) {
    const auto good = normalise_display_name(*wished);
    if (!good) body.fail("display_name", "must be 1 to 64 printable characters");
    name = *good;
  }
  body.reject_unknown();
  struct Answer {
    CodeAnswer code;
    SignedIn in;
    EndedSessions ended;
  };
  const std::string token = make_token();
  auto shared = std::make_shared<Responder>(std::move(responder));
  database_.run(
      Database::Mode::write,
      [this, email, name, caller = caller_of(request), now = now_ms(),
       code_hash = secrets().key.hash_code(email, code),
       token_hash = secrets().key.hash_token(token)](pqxx::work& tx) {
        Answer answer;
        answer.code = check_code(tx, config_, email, caller.network, code_hash, now);
        if (answer.code.check == CodeCheck::right) {
          answer.in = sign_in(tx, config_, email, name, caller, token_hash, now, answer.ended);
        }
        return answer;
      },
      [this, token, shared](const DbResult<Answer>& result) {
        if (!result) return shared->answer(*result.error);
        const Answer& answer = *result.value;
        if (answer.code.check == CodeCheck::limited) {
          limited_.add();
          return shared->answer(limited(answer.code.retry_after_ms));
        }
        if (answer.code.check == CodeCheck::wrong) {
          codes_wrong_.add();
          return shared->answer(wrong_code());
        }
        signed_in_.add();
        note_ended(answer.ended.session_ids);
        answer_signed_in(answer.in, token, shared);
      });
}

void IdentityApi::answer_signed_in(const SignedIn& in, const std::string& token,
                                   std::shared_ptr<Responder> responder) {
  find_account_(in.user.user_id, config_.account_wait_ms,
                [this, in, token, responder](std::uint32_t account) {
    const std::string access = secrets().signer.sign(
        {in.user.user_id, account, in.session_id, now_s() + web::kAccessTokenLifeS});
    web::Writer out;
    out.begin_object().field("access_token", access);
    out.field("expires_in", web::kAccessTokenLifeS).key("user");
    write_user(out, in.user, account);
    out.end_object();
    web::Response response = web::json_response(out.take());
    response.add_header("Set-Cookie", cookie(token, config_.session_life_ms / 1'000));
    response.add_header("Cache-Control", "no-store");
    responder->answer(std::move(response));
  });
}

std::string IdentityApi::cookie(const std::string& token, std::int64_t life_s) const {
  return std::string(kCookie) + "=" + token + "; HttpOnly; SameSite=Strict; Path=/auth; Max-Age=" +
         std::to_string(life_s) + (config_.secure_cookies ? "; Secure" : "");
}

void IdentityApi::refresh_session(const Request& request, Responder responder) {
  const std::string spent(request.cookie(kCookie));
  const auto signed_out = [this] {
    web::Response response = web::error_response(web::unauthenticated("sign in again"));
    response.add_header("Set-Cookie", cookie("", 0));
    return response;
  };
  if (spent.empty() || spent.size() > 128) return responder.answer(signed_out());
  const std::string token = make_token();
  auto shared = std::make_shared<Responder>(std::move(responder));
  database_.run(
      Database::Mode::write,
      [this, caller = caller_of(request), now = now_ms(),
       spent_hash = secrets().key.hash_token(spent),
       next_hash = secrets().key.hash_token(token)](pqxx::work& tx) {
        return refresh(tx, config_, spent_hash, next_hash, caller, now);
      },
      [this, token, shared, signed_out](const DbResult<RefreshAnswer>& result) {
        if (!result) return shared->answer(*result.error);
        const SignedIn& in = result.value->signed_in;
        switch (result.value->check) {
          case RefreshCheck::rotated: return answer_signed_in(in, token, shared);
          case RefreshCheck::reused:
            tokens_reused_.add();
            note_ended({in.session_id});
            web::log_warning("a spent refresh token came again: its session is ended",
                             {{"user", in.user.user_id}, {"session", in.session_id}});
            return shared->answer(signed_out());
          case RefreshCheck::unknown: return shared->answer(signed_out());
        }
      });
}

void IdentityApi::sign_out_session(const Request& request, Responder responder) {
  const std::string token(request.cookie(kCookie));
  web::Response response = web::empty_response();
  response.add_header("Set-Cookie", cookie("", 0));
  if (token.empty() || token.size() > 128) return responder.answer(std::move(response));
  auto shared = std::make_shared<Responder>(std::move(responder));
  database_.run(
      Database::Mode::write,
      [hash = secrets().key.hash_token(token), now = now_ms()](pqxx::work& tx) {
        return sign_out(tx, hash, now);
      },
      [this, shared, response](const DbResult<std::optional<std::uint64_t>>& session) {
        if (!session) return shared->answer(*session.error);
        if (*session.value) note_ended({**session.value});
        shared->answer(response);
      });
}

void IdentityApi::list_own_sessions(const Request& request, Responder responder) {
  require_live(request);
  database_.answer(
      Database::Mode::read, std::move(responder),
      [identity = request.identity(), now = now_ms()](pqxx::work& tx) {
        web::Writer out;
        out.begin_object().key("sessions").begin_array();
        for (const SessionRow& session : list_sessions(tx, identity.user, now)) {
          out.begin_object().field_id("session_id", session.session_id);
          out.field("created_at", session.created_ms).field("last_used_at", session.last_used_ms);
          out.field("user_agent", session.user_agent).field("address", session.address);
          out.field("current", session.session_id == identity.session).end_object();
        }
        out.end_array().end_object();
        return web::json_response(out.take());
      });
}

void IdentityApi::revoke_session(const Request& request, Responder responder) {
  require_live(request);
  const std::string& text = request.path_parameter("session_id");
  const std::uint64_t session = std::strtoull(text.c_str(), nullptr, 10);
  if (text != std::to_string(session)) throw web::not_found("there is no such session");
  auto shared = std::make_shared<Responder>(std::move(responder));
  database_.run(
      Database::Mode::write,
      [user = request.identity().user, session, now = now_ms()](pqxx::work& tx) {
        if (session > INT64_MAX || !end_session(tx, user, session, "revoked", now)) {
          throw web::not_found("there is no such session");
        }
        return session;
      },
      [this, shared](const DbResult<std::uint64_t>& ended) {
        if (!ended) return shared->answer(*ended.error);
        note_ended({*ended.value});
        shared->answer(web::empty_response());
      });
}

void IdentityApi::answer_user(const User& user, std::uint32_t account, Responder& responder) {
  web::Writer out;
  write_user(out, user, account);
  responder.answer(web::json_response(out.take()));
}

void IdentityApi::get_profile(const Request& request, Responder responder) {
  require_live(request);
  auto shared = std::make_shared<Responder>(std::move(responder));
  database_.run(
      Database::Mode::read,
      [user = request.identity().user](pqxx::work& tx) { return find_user(tx, user); },
      [this, shared](const DbResult<std::optional<User>>& user) {
        if (!user) return shared->answer(*user.error);
        if (!*user.value) return shared->answer(web::unauthenticated("sign in again"));
        find_account_((*user.value)->user_id, 0,
                      [this, shared, user = **user.value](std::uint32_t account) {
                        answer_user(user, account, *shared);
                      });
      });
}

void IdentityApi::update_profile(const Request& request, Responder responder) {
  require_live(request);
  const web::Fields body = request.json();
  const auto name = normalise_display_name(body.need_text("display_name", 256));
  if (!name) body.fail("display_name", "must be 1 to 64 printable characters");
  body.reject_unknown();
  auto shared = std::make_shared<Responder>(std::move(responder));
  database_.run(
      Database::Mode::write,
      [user = request.identity().user, name = *name](pqxx::work& tx) {
        return rename_user(tx, user, name);
      },
      [this, shared](const DbResult<std::optional<User>>& user) {
        if (!user) return shared->answer(*user.error);
        if (!*user.value) return shared->answer(web::unauthenticated("sign in again"));
        find_account_((*user.value)->user_id, 0,
                      [this, shared, user = **user.value](std::uint32_t account) {
                        answer_user(user, account, *shared);
                      });
      });
}

}  // namespace saker::accounts
