// Plays the scenarios of engine/core/scenarios/*.txt against a core: lines that a trader can
// read, each with everything that anybody is told because of it. For tests only; the language is
// described in engine/core/scenarios/README.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/core.hpp"
#include "engine/core/rules.hpp"

namespace saker::core {

struct ScenarioLine {
  int number = 0;  // in its file
  std::string text;
};

struct Scenario {
  std::string file;
  std::string title;
  std::vector<ScenarioLine> lines;
};

using Words = std::vector<std::string>;

/// Words of a line; a comment starts with " // ".
Words split_words(std::string_view text);
/// The parts of `text` between `separator`, trimmed; empty ones left out.
Words split_parts(std::string_view text, std::string_view separator);

/// One venue and the names in it. Every account has a firm, a group and a session of its own name
/// unless told otherwise; "ann", "ben" and "cat" administer, "fees" takes the fees.
class ScenarioWorld {
 public:
  ScenarioWorld();

  /// Plays one line. What is wrong with it, or nothing.
  std::optional<std::string> play(const std::string& line);

 private:
  struct Actor {
    std::uint32_t session = 0;
    std::uint32_t account = 0;  // 0: the session's name is no account's
  };
  using Error = std::optional<std::string>;

  // scenario_world_test.cpp: what there is.
  Error setup(const Words& words);
  void capacity(const Words& words);
  void ensure_started();
  void add_market(const Words& words);
  Error add_account(const Words& words);
  void add_session(const Words& words);
  std::uint32_t asset(const std::string& name);
  std::uint32_t new_session(const std::string& name, std::uint32_t firm, std::uint32_t rights,
                            bool cancel_on_disconnect);
  void grant(std::uint32_t session, std::uint32_t account);

  // scenario_commands_test.cpp: what they do.
  Error act(const Words& words);
  Error trade(const Actor& actor, const Words& words);
  Error new_order(const Actor& actor, const Words& words);
  Error session_event(const Actor& actor, const std::string& what, const Words& words);
  Error market_admin(const Actor& actor, const Words& words);
  Error money(const Actor& actor, const Words& words);
  Error mass_cancel(const Actor& actor, const Words& words);
  Error kill_switch(const Actor& actor, const Words& words);
  template <class T>
  void send(std::uint32_t session, proto::CommandKind kind, const T& body) {
    apply(kind, session, &body);
  }
  void apply(proto::CommandKind kind, std::uint32_t session, const void* body);
  std::uint64_t label_id(const std::string& word) const;
  Error resend(const Words& words, const std::string& expected);

  // scenario_text_test.cpp: what is said about it.
  Error check_state(const Words& words);
  Error check_book(const Words& words);
  Error check_balances(const Words& words);
  Error check_feed(const std::string& expected);
  Error check_reports(const std::string& expected, const std::string& actor);
  Error match_report(std::size_t& index, const std::string& expected, const std::string& actor);
  std::string render(const proto::Report& report) const;
  std::string render_order(const proto::Report& report) const;
  std::string render(const proto::FeedMessage& message) const;
  std::string render_book(proto::Side side, MarketId market) const;
  std::string all_reports() const;
  std::string who(const proto::Report& report) const;
  std::string label_of(std::uint64_t order_id) const;

  std::unique_ptr<Core> core_;
  Output out_;
  Sequence sequence_ = 0;
  TimeNs time_ns_ = 1'000'000;
  std::map<std::string, std::uint32_t> capacities_;
  std::map<std::string, std::uint32_t> assets_, markets_, accounts_, sessions_, firms_;
  std::map<std::uint32_t, std::string> session_names_, account_names_, asset_names_;
  std::map<std::uint32_t, std::uint64_t> client_sequences_;
  std::map<std::uint32_t, std::uint32_t> group_of_account_;
  std::map<std::string, std::uint64_t> labels_;      // "#1" -> order id
  std::map<std::uint64_t, std::string> label_names_;  // and back
  std::uint32_t firm_count_ = 0;
  std::uint32_t group_count_ = 0;
  std::uint64_t next_reference_ = 1'000'000;
};

}  // namespace saker::core
