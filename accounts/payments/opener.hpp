// Opens an engine account for each new user: one group, one account, and the gateway's right to
// act for it. This is the state machine alone; somebody else sends and asks.
//
// The engine numbers groups and accounts without gaps, and accounts is the registrar. Group and
// account carry the name "u<user id>", so whoever was interrupted finds out from the engine's own
// directory how far it had got: after each logon, and whenever an id was not the next one, the
// directory is read from the last account that is known.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/outcome.hpp"
#include "query_generated.h"

namespace saker::accounts {

struct OpenedAccount {
  std::uint64_t user_id = 0;
  std::uint32_t group = 0;
  std::uint32_t account = 0;
};

class AccountOpener {
 public:
  struct Config {
    std::uint32_t firm = 5;              // whose customers they are
    std::uint32_t gateway_session = 6;   // which is granted trade, cancel and view
    std::uint32_t max_open_orders = 200;
  };
  enum class Step : std::uint8_t {
    none,
    ask_account,  // the directory about account `id`
    ask_group,    // and about group `id`
    add_group,
    add_account,
    grant,
  };
  struct Action {
    Step step = Step::none;
    std::uint32_t id = 0;       // group or account
    std::uint32_t group = 0;    // add_account: of the new account
    Sequence at_least = 0;      // questions: what the answer must include
    std::string name;           // of the new group or account
  };

  explicit AccountOpener(const Config& config) : config_(config) {}

  /// The last account that is known to be open, 0 if none: checked against the directory, so that
  /// a database and a log of different venues are noticed. Accounts above `scan_after` may be of
  /// users that wait.
  void set_last_known(const OpenedAccount& last, std::uint32_t scan_after) {
    last_known_ = last;
    scan_after_ = scan_after;
  }
  /// A user without an account. One that waits already is left as it is.
  void add(std::uint64_t user_id);
  std::size_t waiting() const { return waiting_.size(); }

  void on_logged_on(Sequence engine_sequence);
  void on_connection_lost() { logged_on_ = false; }

  /// What to do next, nothing while something is under way. Whoever takes a command's action gives
  /// its outcome to on_outcome(), whoever takes a question's its answer to on_answer(); what could
  /// not be sent goes to not_sent().
  Action next(TimeNs now_ns);
  void not_sent() { busy_ = Step::none; }
  void on_outcome(const client::Outcome& outcome, TimeNs now_ns);
  /// `detail` nothing: there is no such account or group. Counts of both as the reply says.
  void on_answer(const std::optional<proto::AccountDetail>& detail, std::uint32_t groups,
                 std::uint32_t accounts);
  /// No answer came.
  void on_no_answer(TimeNs now_ns);
  TimeNs next_ns() const { return not_before_ns_; }

  std::vector<OpenedAccount> take_opened();
  /// Why no account can be opened at the moment; empty when nothing is wrong.
  const std::string& problem() const { return problem_; }
  /// The directory does not fit the database: no money may move.
  bool foreign() const { return foreign_; }
  bool discovered() const { return phase_ != Phase::discover && phase_ != Phase::check; }

 private:
  enum class Phase : std::uint8_t {
    check,     // whether the last known account is ours
    discover,  // accounts beyond the last known one
    half,      // whether the last group is one of ours without an account
    open,
  };
  std::uint64_t user_named(const proto::AccountDetail& detail) const;
  void rediscover(Sequence at_least);
  void finish(std::uint64_t user_id, std::uint32_t group, std::uint32_t account);

  Config config_;
  OpenedAccount last_known_;
  std::map<std::uint64_t, OpenedAccount> waiting_;  // what is known: 0 = not there yet
  std::vector<OpenedAccount> opened_;
  Phase phase_ = Phase::check;
  bool logged_on_ = false;
  Step busy_ = Step::none;
  std::uint64_t user_ = 0;         // for whom `busy_` is done
  std::uint32_t asked_ = 0;
  Phase asked_phase_ = Phase::check;
  std::uint32_t scan_after_ = 0;
  std::uint32_t groups_ = 0, accounts_ = 0;  // how many there are
  std::uint32_t scanned_ = 0;      // accounts up to this one have been looked at
  Sequence at_least_ = 0;
  TimeNs not_before_ns_ = 0;
  std::string problem_;
  bool foreign_ = false;
};

}  // namespace saker::accounts
