#include "accounts/payments/opener.hpp"

#include <algorithm>
#include <charconv>

#include "client/reasons.hpp"
#include "client/requests.hpp"

namespace saker::accounts {
namespace {

constexpr std::uint64_t kOpenAgainNs = 1'000'000'000;

std::string name_of(std::uint64_t user_id) {
  return std::string("u").append(std::to_string(user_id));
}

}  // namespace

void AccountOpener::add(std::uint64_t user_id) {
  const bool is_new = waiting_.try_emplace(user_id, OpenedAccount{user_id, 0, 0}).second;
  // It may have been opened by an earlier life of this process, beyond what the table says.
  if (is_new && phase_ == Phase::open && scanned_ < accounts_) phase_ = Phase::discover;
}

void AccountOpener::on_logged_on(Sequence engine_sequence) {
  // What is under way stays so: the client finds out how commands of before the logon ended.
  logged_on_ = true;
  not_before_ns_ = 0;
  rediscover(engine_sequence);
}

void AccountOpener::rediscover(Sequence at_least) {
  at_least_ = std::max(at_least_, at_least);
  phase_ = Phase::check;
}

AccountOpener::Action AccountOpener::next(TimeNs now_ns) {
  if (!logged_on_ || busy_ != Step::none || now_ns < not_before_ns_ || foreign_) return {};
  Action action;
  action.at_least = at_least_;
  if (phase_ == Phase::check || phase_ == Phase::discover) {
    action.step = Step::ask_account;
    action.id = phase_ == Phase::check ? std::max(last_known_.account, 1u) : scanned_ + 1;
  } else if (phase_ == Phase::half) {
    action.step = Step::ask_group;
    action.id = groups_;
  } else if (!waiting_.empty()) {
    const OpenedAccount& opening = waiting_.begin()->second;
    user_ = opening.user_id;
    action.name = name_of(user_);
    action.group = opening.group;
    if (opening.account != 0) {
      action.step = Step::grant;
      action.id = opening.account;
    } else if (opening.group != 0) {
      action.step = Step::add_account;
      action.id = accounts_ + 1;
    } else {
      action.step = Step::add_group;
      action.id = groups_ + 1;
    }
  }
  busy_ = action.step;
  asked_ = action.id;
  asked_phase_ = phase_;
  return action;
}

std::uint64_t AccountOpener::user_named(const proto::AccountDetail& detail) const {
  const std::string_view name = client::field_text(detail.name());
  std::uint64_t user = 0;
  if (detail.firm() != config_.firm || name.size() < 2 || name[0] != 'u') return 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), user);
  return error == std::errc() && end == name.data() + name.size() ? user : 0;
}

void AccountOpener::on_answer(const std::optional<proto::AccountDetail>& detail,
                              std::uint32_t groups, std::uint32_t accounts) {
  busy_ = Step::none;
  if (asked_phase_ != phase_) return;  // a logon came between; it is asked again
  groups_ = groups;
  accounts_ = accounts;
  const std::uint64_t user = detail ? user_named(*detail) : 0;
  const auto at = waiting_.find(user);
  if (phase_ == Phase::check) {
    foreign_ = last_known_.account != 0 && user != last_known_.user_id;
    if (foreign_) {
      problem_ = "account " + std::to_string(last_known_.account) +
                 " of the engine is not that of user " + std::to_string(last_known_.user_id) +
                 ": database and command log belong to different venues";
      return;
    }
    scanned_ = std::max(scanned_, scan_after_);
    phase_ = waiting_.empty() ? Phase::open : Phase::discover;
  } else if (phase_ == Phase::discover) {
    scanned_ = asked_;
    if (at != waiting_.end()) {
      at->second.account = detail->account();
      at->second.group = detail->group();
    }
  } else if (phase_ == Phase::half) {
    if (at != waiting_.end() && at->second.group == 0) at->second.group = asked_;
    phase_ = Phase::open;
  }
  if (phase_ == Phase::discover && scanned_ >= accounts_) phase_ = Phase::half;
}

void AccountOpener::on_no_answer(TimeNs now_ns) {
  busy_ = Step::none;
  not_before_ns_ = now_ns + kOpenAgainNs / 4;
}

void AccountOpener::on_outcome(const client::Outcome& outcome, TimeNs now_ns) {
  const Step step = busy_;
  busy_ = Step::none;
  at_least_ = std::max(at_least_, outcome.engine_sequence);
  const auto at = waiting_.find(user_);
  if (at == waiting_.end()) return;
  OpenedAccount& opening = at->second;
  if (outcome.result == client::Result::kAccepted) {
    problem_.clear();
    if (step == Step::add_group) opening.group = groups_ = asked_;
    if (step == Step::add_account) opening.account = accounts_ = scanned_ = asked_;
    if (step == Step::grant) finish(user_, opening.group, opening.account);
    return;
  }
  if (outcome.result == client::Result::kNotSequenced ||
      outcome.result == client::Result::kNeverApplied) {
    not_before_ns_ = now_ns + std::uint64_t{outcome.retry_after_us} * 1'000 + kOpenAgainNs / 100;
    return;
  }
  // The id was taken meanwhile, or nobody knows: the directory says how things are.
  if (outcome.result == client::Result::kRejected &&
      outcome.reason != proto::Reason::ADMIN_ID_NOT_NEXT) {
    problem_ = std::string("the engine opens no account: ") + client::reason_word(outcome.reason);
    not_before_ns_ = now_ns + kOpenAgainNs;
  }
  rediscover(outcome.engine_sequence);
}

void AccountOpener::finish(std::uint64_t user_id, std::uint32_t group, std::uint32_t account) {
  waiting_.erase(user_id);
  opened_.push_back({user_id, group, account});
  if (account > last_known_.account) last_known_ = opened_.back();
}

std::vector<OpenedAccount> AccountOpener::take_opened() {
  std::vector<OpenedAccount> opened;
  opened.swap(opened_);
  return opened;
}

}  // namespace saker::accounts
