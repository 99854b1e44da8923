// Scenarios: what people do.
#include <fmt/format.h>

#include <cstring>

#include "engine/core/scenario.hpp"

namespace saker::core {

using proto::CommandKind;
using proto::OrderType;
using proto::Side;
using proto::TimeInForce;

namespace {

std::string unknown(const std::string& what, const std::string& word) {
  return fmt::format("'{}' is no {}", word, what);
}

}  // namespace

void ScenarioWorld::apply(CommandKind kind, std::uint32_t session, const void* body) {
  alignas(8) std::byte copy[kMaxCommandBody];
  std::memcpy(copy, body, body_size(kind));
  Command command;
  command.sequence = ++sequence_;
  command.time_ns = time_ns_ += 1'000;
  command.kind = kind;
  command.body = {copy, body_size(kind)};
  if (session != 0 && is_client_command(kind)) {
    command.envelope.session = session;
    command.envelope.client_sequence = ++client_sequences_[session];
    command.envelope.received_ns = time_ns_ - 100;
    command.envelope.received_source = 1;
  }
  core_->apply(command, out_);
}

/// The order id behind "#1" (0 for a label that nothing has).
std::uint64_t ScenarioWorld::label_id(const std::string& word) const {
  const auto found = labels_.find(word);
  return found == labels_.end() ? 0 : found->second;
}

ScenarioWorld::Error ScenarioWorld::act(const Words& words) {
  if (words[0] == "continue") {
    send(0, CommandKind::Continue, proto::Continue(0, 0));
    return {};
  }
  if (words[0] == "clock") {
    send(0, CommandKind::AdvanceClock, proto::AdvanceClock(0));
    return {};
  }
  // "desk:alice" is session desk for account alice; "alice" is both.
  const Words names = split_parts(words[0], ":");
  Actor actor;
  const auto session = sessions_.find(names[0]);
  if (session == sessions_.end()) return unknown("session", names[0]);
  actor.session = session->second;
  const auto account = accounts_.find(names.back());
  if (account != accounts_.end()) actor.account = account->second;
  if (words.size() < 2) return "who does what?";
  const std::string& what = words[1];
  if (what == "skips") {
    client_sequences_[actor.session] += std::stoull(words.at(2));
    out_.clear();
    return {};
  }
  if (what == "logon" || what == "logoff" || what == "timeout") {
    return session_event(actor, what, words);
  }
  if (what == "mass_cancel") return mass_cancel(actor, words);
  if (what == "kill" || what == "unkill") return kill_switch(actor, words);
  for (const char* verb : {"buy", "sell", "cancel", "replace"}) {
    if (what == verb) return trade(actor, words);
  }
  for (const char* verb :
       {"open", "halt", "close", "cancel_only", "reference", "day", "params", "rules"}) {
    if (what == verb) return market_admin(actor, words);
  }
  return money(actor, words);
}

ScenarioWorld::Error ScenarioWorld::session_event(const Actor& actor, const std::string& what,
                                                  const Words&) {
  if (what == "logon") {
    send(0, CommandKind::SessionLogon, proto::SessionLogon(2, actor.session, 1'000));
  } else if (what == "logoff") {
    send(0, CommandKind::SessionLogoff, proto::SessionLogoff(actor.session, 0));
  } else {
    send(0, CommandKind::SessionTimedOut, proto::SessionTimedOut(actor.session, 0));
  }
  return {};
}

/// cancel #1 | cancel id 5 | replace #1 8 @ 101 [new_id 7] | buy …
ScenarioWorld::Error ScenarioWorld::trade(const Actor& actor, const Words& words) {
  if (words[1] == "buy" || words[1] == "sell") return new_order(actor, words);
  std::uint64_t order_id = 0;
  std::uint64_t client_id = 0;
  std::size_t at = 3;
  if (words.at(2) == "id") {
    client_id = std::stoull(words.at(3));
    at = 4;
  } else {
    order_id = label_id(words[2]);
    if (order_id == 0) return unknown("order", words[2]);
  }
  if (words[1] == "cancel") {
    send(actor.session, CommandKind::CancelOrder,
         proto::CancelOrder(order_id, client_id, actor.account, 0));
    return {};
  }
  const std::int64_t quantity = std::stoll(words.at(at));
  const std::int64_t price = std::stoll(words.at(at + 2));
  std::uint64_t new_id = 0;
  if (words.size() > at + 4 && words[at + 3] == "new_id") new_id = std::stoull(words[at + 4]);
  send(actor.session, CommandKind::ReplaceOrder,
       proto::ReplaceOrder(order_id, client_id, new_id, price, quantity, actor.account, 0));
  return {};
}

/// buy 10 @ 101 [ioc] | buy 10 market [@ 105] | buy [10] market budget 500; [id 7] [in X/Y]
ScenarioWorld::Error ScenarioWorld::new_order(const Actor& actor, const Words& words) {
  const Side side = words[1] == "buy" ? Side::Buy : Side::Sell;
  OrderType type = OrderType::Limit;
  TimeInForce time_in_force = TimeInForce::GoodTillCancel;
  std::int64_t quantity = 0;
  std::int64_t price = 0;
  std::int64_t budget = 0;
  std::uint64_t client_id = 0;
  std::uint32_t market = 1;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "@") {
      price = std::stoll(words.at(++i));
    } else if (word == "ioc") {
      time_in_force = TimeInForce::ImmediateOrCancel;
    } else if (word == "market") {
      type = OrderType::Market;
      time_in_force = TimeInForce::ImmediateOrCancel;
    } else if (word == "budget") {
      budget = std::stoll(words.at(++i));
    } else if (word == "id") {
      client_id = std::stoull(words.at(++i));
    } else if (word == "in") {
      market = markets_.at(words.at(++i));
    } else if (i == 2) {
      quantity = std::stoll(word);
    } else {
      return unknown("part of an order", word);
    }
  }
  send(actor.session, CommandKind::NewOrder,
       proto::NewOrder(client_id, price, quantity, budget, actor.account, market, side, type,
                       time_in_force, proto::SelfTradePrevention::CancelTaker, 0));
  return {};
}

/// mass_cancel account|group|firm|session|all [NAME] [buys|sells] [in X/Y] [ref N]
ScenarioWorld::Error ScenarioWorld::mass_cancel(const Actor& actor, const Words& words) {
  proto::MassCancel body;
  const std::string& scope = words.at(2);
  std::uint32_t id = actor.account;
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (words[i] == "buys" || words[i] == "sells") {
      body.mutate_side(words[i] == "buys" ? 1 : 2);
    } else if (words[i] == "in") {
      body.mutate_market(markets_.at(words.at(++i)));
    } else if (words[i] == "ref") {
      body.mutate_client_reference(std::stoull(words.at(++i)));
    } else {
      id = accounts_.at(words[i]);
    }
  }
  if (scope == "account") {
    body.mutate_scope(proto::Scope::Account);
    body.mutate_scope_id(id);
  } else if (scope == "group") {
    body.mutate_scope(proto::Scope::Group);
    body.mutate_scope_id(group_of_account_.at(id));
  } else if (scope == "firm") {
    body.mutate_scope(proto::Scope::Firm);
    body.mutate_scope_id(firms_.at(account_names_.at(id)));
  } else if (scope == "session") {
    body.mutate_scope(proto::Scope::Session);
  } else {
    body.mutate_scope(proto::Scope::All);
  }
  send(actor.session, CommandKind::MassCancel, body);
  return {};
}

/// kill|unkill account|session NAME | kill|unkill all
ScenarioWorld::Error ScenarioWorld::kill_switch(const Actor& actor, const Words& words) {
  proto::KillSwitch body;
  body.mutate_engaged(words[1] == "kill" ? 1 : 0);
  const std::string& scope = words.at(2);
  if (scope == "account") {
    body.mutate_scope(proto::Scope::Account);
    body.mutate_scope_id(accounts_.at(words.at(3)));
  } else if (scope == "session") {
    body.mutate_scope(proto::Scope::Session);
    body.mutate_scope_id(sessions_.at(words.at(3)));
  } else if (scope == "firm") {
    body.mutate_scope(proto::Scope::Firm);
    body.mutate_scope_id(firms_.at(words.at(3)));
  } else {
    body.mutate_scope(proto::Scope::All);
  }
  send(actor.session, CommandKind::KillSwitch, body);
  return {};
}

/// open|halt|close|cancel_only X/Y | reference X/Y PRICE | params X/Y maker N taker N | day N |
/// rules N
ScenarioWorld::Error ScenarioWorld::market_admin(const Actor& actor, const Words& words) {
  const std::string& verb = words[1];
  if (verb == "day") {
    send(actor.session, CommandKind::RollTradingDay,
         proto::RollTradingDay(static_cast<std::uint32_t>(std::stoul(words.at(2))), 0));
    return {};
  }
  if (verb == "rules") {
    send(actor.session, CommandKind::SetRuleVersion,
         proto::SetRuleVersion(static_cast<std::uint32_t>(std::stoul(words.at(2))), 0));
    return {};
  }
  const std::uint32_t market = markets_.at(words.at(2));
  if (verb == "reference") {
    send(actor.session, CommandKind::SetReferencePrice,
         proto::SetReferencePrice(std::stoll(words.at(3)), market, 0));
    return {};
  }
  if (verb == "params") {
    const auto maker = static_cast<std::uint32_t>(std::stoul(words.at(4)));
    const auto taker = static_cast<std::uint32_t>(std::stoul(words.at(6)));
    send(actor.session, CommandKind::SetMarketParams,
         proto::SetMarketParams(
             proto::MarketParams(1, 1'000'000, 0, 0, 1'000'000, 0, 0, maker, taker), market, 0));
    return {};
  }
  const proto::MarketPhase phase = verb == "open"    ? proto::MarketPhase::Open
                                   : verb == "halt"  ? proto::MarketPhase::Halted
                                   : verb == "close" ? proto::MarketPhase::Closed
                                                     : proto::MarketPhase::CancelOnly;
  send(actor.session, CommandKind::SetMarketPhase, proto::SetMarketPhase(market, phase, 0, 0));
  return {};
}

/// deposit|hold ACCOUNT ASSET N ref N | pay|void REF | transfer FROM TO ASSET N | bust TRADE |
/// approve|reject PROPOSAL
ScenarioWorld::Error ScenarioWorld::money(const Actor& actor, const Words& words) {
  const std::string& verb = words[1];
  const auto number = [&](std::size_t i) { return std::stoull(words.at(i)); };
  const auto amount = [&](std::size_t i) { return std::stoll(words.at(i)); };
  if (verb == "deposit" || verb == "hold") {
    const std::uint32_t account = accounts_.at(words.at(2));
    const std::uint32_t of = asset(words.at(3));
    if (verb == "deposit") {
      send(actor.session, CommandKind::Deposit,
           proto::Deposit(number(6), amount(4), account, of));
    } else {
      send(actor.session, CommandKind::WithdrawHold,
           proto::WithdrawHold(number(6), amount(4), account, of));
    }
  } else if (verb == "pay" || verb == "void") {
    const auto outcome =
        verb == "pay" ? proto::WithdrawOutcome::Paid : proto::WithdrawOutcome::Void;
    send(actor.session, CommandKind::WithdrawSettle,
         proto::WithdrawSettle(number(2), outcome, 0, 0, 0));
  } else if (verb == "transfer") {
    send(actor.session, CommandKind::ProposeTransfer,
         proto::ProposeTransfer(amount(5), accounts_.at(words.at(2)), accounts_.at(words.at(3)),
                                asset(words.at(4)), 0));
  } else if (verb == "bust") {
    send(actor.session, CommandKind::ProposeTradeBust, proto::ProposeTradeBust(number(2)));
  } else if (verb == "approve") {
    send(actor.session, CommandKind::ApproveProposal, proto::ApproveProposal(number(2)));
  } else if (verb == "reject") {
    send(actor.session, CommandKind::RejectProposal, proto::RejectProposal(number(2)));
  } else {
    return unknown("thing to do", verb);
  }
  return {};
}

/// NAME resends N -> decided KIND | skipped | expired | fresh | too_far
ScenarioWorld::Error ScenarioWorld::resend(const Words& words, const std::string& expected) {
  const SessionId session{sessions_.at(words[0])};
  const std::uint64_t number = std::stoull(words.at(2));
  std::string is;
  switch (core_->check_sequence(session, number)) {
    case SequenceVerdict::kNew: is = "fresh"; break;
    case SequenceVerdict::kSkipped: is = "skipped"; break;
    case SequenceVerdict::kExpired: is = "expired"; break;
    case SequenceVerdict::kTooFar: is = "too_far"; break;
    case SequenceVerdict::kDecided: {
      const Decision decision = core_->decision(session, number);
      is = "decided ";
      is += proto::EnumNameReportKind(decision.kind);
      if (decision.reason != proto::Reason::NONE) {
        is.append(" ").append(proto::EnumNameReason(decision.reason));
      }
      if (decision.order_id != 0) is.append(" ").append(label_of(decision.order_id));
      break;
    }
  }
  std::string wanted;
  for (const std::string& word : split_words(expected)) {
    if (!wanted.empty()) wanted += ' ';
    wanted += word;
  }
  if (wanted == is) return {};
  return fmt::format("expected: {}\n     got: {}", wanted, is);
}

}  // namespace saker::core
