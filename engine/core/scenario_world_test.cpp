// Scenarios: the venue, its accounts, sessions and markets.
#include <cstring>

#include "engine/core/scenario.hpp"

namespace saker::core {

using proto::CommandKind;

namespace {

constexpr std::uint32_t kVenueRights = 8 | 16 | 32;  // Administer, Approve, Funds
constexpr std::uint32_t kTraderRights = 1 | 2 | 4;   // Trade, Cancel, View

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

/// The number after `word`, or `otherwise`.
std::int64_t number_after(const Words& words, std::string_view word, std::int64_t otherwise) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == word) return std::stoll(words[i + 1]);
  }
  return otherwise;
}

bool has(const Words& words, std::string_view word) {
  for (const std::string& w : words) {
    if (w == word) return true;
  }
  return false;
}

}  // namespace

Words split_parts(std::string_view text, std::string_view separator) {
  Words parts;
  while (true) {
    const std::size_t at = text.find(separator);
    const std::string part = trimmed(text.substr(0, at));
    if (!part.empty()) parts.push_back(part);
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

Words split_words(std::string_view text) {
  const std::size_t comment = text.find("//");
  Words words = split_parts(text.substr(0, comment), " ");
  for (std::string& word : words) {
    while (!word.empty() && word.back() == ',') word.pop_back();
  }
  return words;
}

ScenarioWorld::ScenarioWorld() = default;

void ScenarioWorld::capacity(const Words& words) {
  for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
    capacities_[words[i]] = static_cast<std::uint32_t>(std::stoul(words[i + 1]));
  }
}

/// The first line that needs a venue makes it, with the capacities told so far.
void ScenarioWorld::ensure_started() {
  if (core_ != nullptr) return;
  const auto capacity = [&](const char* name, std::uint32_t usual) {
    const auto found = capacities_.find(name);
    return found == capacities_.end() ? usual : found->second;
  };
  const proto::Genesis genesis(7, capacity("orders", 512), capacity("price_leaves", 256), 8, 4,
                               16, 16, 16, 24, 64, capacity("withdrawals", 4),
                               capacity("proposals", 4), capacity("trades", 256),
                               capacity("client_ids", 16),
                               capacity("rules", kNewestRules), 0, 0);
  const char* why = "";
  core_ = Core::create(genesis, &why);
  SAKER_ASSERT(core_ != nullptr);
  send(0, CommandKind::Genesis, genesis);
  send(0, CommandKind::EpochStart, proto::EpochStart(1, 2, 1, proto::CommitPolicy::Memory, 0, 0));
  firms_["venue"] = ++firm_count_;
  send(0, CommandKind::AddFirm, proto::AddFirm(firm_count_));
  send(0, CommandKind::AddGroup, proto::AddGroup(++group_count_, firm_count_));
  for (const char* name : {"ann", "ben", "cat"}) new_session(name, 1, kVenueRights, false);
  accounts_["fees"] = 1;
  account_names_[1] = "fees";
  group_of_account_[1] = group_count_;
  send(0, CommandKind::AddAccount, proto::AddAccount(1, group_count_, 0));
}

std::uint32_t ScenarioWorld::asset(const std::string& name) {
  const auto found = assets_.find(name);
  if (found != assets_.end()) return found->second;
  const auto id = static_cast<std::uint32_t>(assets_.size() + 1);
  assets_[name] = id;
  asset_names_[id] = name;
  send(0, CommandKind::AddAsset, proto::AddAsset(id, 0, 0, 0));
  return id;
}

/// All decimals are 0: prices in ticks, quantities in lots and money in units, as written.
void ScenarioWorld::add_market(const Words& words) {
  const Words pair = split_parts(words[1], "/");
  const std::uint32_t base = asset(pair.at(0));
  const std::uint32_t quote = asset(pair.at(1));
  const auto id = static_cast<std::uint32_t>(markets_.size() + 1);
  markets_[words[1]] = id;
  const auto number = [&](std::string_view word, std::int64_t usual) {
    return number_after(words, word, usual);
  };
  const auto rate = [&](std::string_view word) {
    return static_cast<std::uint32_t>(number_after(words, word, 0));
  };
  const proto::MarketParams params(number("min", 1), number("max", 1'000'000),
                                   number("min_notional", 0), number("max_notional", 0),
                                   number("max_price", 1'000'000), rate("band"),
                                   rate("protection"), rate("maker"), rate("taker"));
  send(0, CommandKind::AddMarket,
       proto::AddMarket(params, number("tick", 1), number("lot", 1), number("reference", 0), id,
                        base, quote, 1, 0, 0, 0, 0));
  if (has(words, "closed")) return;
  send(0, CommandKind::SetMarketPhase,
       proto::SetMarketPhase(id, proto::MarketPhase::Open, 0, 0));
}

std::uint32_t ScenarioWorld::new_session(const std::string& name, std::uint32_t firm,
                                         std::uint32_t rights, bool cancel_on_disconnect) {
  const auto id = static_cast<std::uint32_t>(sessions_.size() + 1);
  sessions_[name] = id;
  session_names_[id] = name;
  send(0, CommandKind::AddSession,
       proto::AddSession(id, firm, static_cast<proto::Rights>(rights), id,
                         cancel_on_disconnect ? 1 : 0, 0, 0));
  send(0, CommandKind::SessionLogon, proto::SessionLogon(1, id, 1'000));
  return id;
}

void ScenarioWorld::grant(std::uint32_t session, std::uint32_t account) {
  send(0, CommandKind::GrantAccount,
       proto::GrantAccount(session, account, static_cast<proto::Rights>(kTraderRights)));
}

/// account NAME [ASSET AMOUNT]… [group OTHER] [max_orders N] [cancel_on_disconnect]
ScenarioWorld::Error ScenarioWorld::add_account(const Words& words) {
  const std::string& name = words.at(1);
  const auto id = static_cast<std::uint32_t>(accounts_.size() + 1);
  std::uint32_t group = 0;
  for (std::size_t i = 2; i + 1 < words.size(); ++i) {
    if (words[i] != "group") continue;
    const auto other = accounts_.find(words[i + 1]);
    if (other == accounts_.end()) return "no account " + words[i + 1];
    group = group_of_account_.at(other->second);
    firms_[name] = firms_.at(words[i + 1]);
  }
  if (group == 0) {
    firms_[name] = ++firm_count_;
    send(0, CommandKind::AddFirm, proto::AddFirm(firm_count_));
    group = ++group_count_;
    send(0, CommandKind::AddGroup, proto::AddGroup(group, firm_count_));
  }
  accounts_[name] = id;
  account_names_[id] = name;
  group_of_account_[id] = group;
  const auto most = static_cast<std::uint32_t>(number_after(words, "max_orders", 0));
  send(0, CommandKind::AddAccount, proto::AddAccount(id, group, most));
  grant(new_session(name, firms_.at(name), kTraderRights, has(words, "cancel_on_disconnect")),
        id);
  for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
    if (words[i] == "group" || words[i] == "max_orders") continue;
    if (words[i] == "cancel_on_disconnect") break;
    const std::uint32_t of = asset(words[i]);
    send(0, CommandKind::Deposit,
         proto::Deposit(next_reference_++, std::stoll(words[i + 1]), id, of));
  }
  return {};
}

/// session NAME [cancel_on_disconnect] for ACCOUNT…: of the firm of the first account.
void ScenarioWorld::add_session(const Words& words) {
  std::uint32_t session = 0;
  bool named = false;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "for") {
      session = new_session(words[1], firms_.at(words.at(i + 1)), kTraderRights,
                            has(words, "cancel_on_disconnect"));
      named = true;
    } else if (named) {
      grant(session, accounts_.at(words[i]));
    }
  }
}

/// Plays a line that sets something up. Lines of other kinds are not for here.
ScenarioWorld::Error ScenarioWorld::setup(const Words& words) {
  if (words[0] == "capacity") {
    capacity(words);
    return {};
  }
  ensure_started();
  if (words[0] == "market") {
    add_market(words);
  } else if (words[0] == "account") {
    return add_account(words);
  } else {
    add_session(words);
  }
  return {};
}

ScenarioWorld::Error ScenarioWorld::play(const std::string& line) {
  const std::string text = line.substr(0, line.find("//"));
  const std::size_t arrow = text.find("->");
  const std::string expected = arrow == std::string::npos ? "" : text.substr(arrow + 2);
  Words words = split_words(text.substr(0, arrow));
  if (words.empty()) return {};
  const std::string& first = words[0];
  if (first == "capacity" || first == "market" || first == "account" || first == "session") {
    return setup(words);
  }
  ensure_started();
  if (first == "book" || first == "balances" || first == "expect") return check_state(words);
  if (first == "feed") return check_feed(text.substr(text.find("feed") + 4));
  if (words.size() >= 2 && words[1] == "resends") return resend(words, expected);
  int times = 1;
  if (first == "repeat") {
    times = std::stoi(words.at(1));
    words.erase(words.begin(), words.begin() + 2);
  }
  for (int i = 0; i < times; ++i) {
    if (Error error = act(words)) return error;
    core_->check_invariants();
    if (Error error = check_reports(expected, words[0])) return error;
  }
  return {};
}

}  // namespace saker::core
