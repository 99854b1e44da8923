// A command as one readable line: `field=value` with symbols and decimals where the log itself
// has defined them. For the log tool, and for tests that have to say what they fed in.
//
// Knows nothing of the journal. Whatever a client wrote (names, reasons, symbols) is escaped, so
// that a line can be shown on a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/command.hpp"
#include "engine/core/output.hpp"

namespace saker::engine {

/// Symbols and scales of assets and markets, learned from the commands that defined them.
class CommandNames {
 public:
  struct Asset {
    std::string symbol;
    unsigned decimals = 0;
  };
  struct Market {
    std::string symbol;
    std::int64_t tick_size = 0;
    std::int64_t lot_size = 0;
    std::uint32_t base_asset = 0;
    std::uint32_t quote_asset = 0;
    unsigned price_decimals = 0;
  };

  /// Takes in AddAsset and AddMarket that come with the next free id; ignores everything else.
  /// Whether the core accepted them is not known here, so a second one with the latest id
  /// replaces the first.
  void learn(const core::Command& command);
  /// The same from the core's own definition, which leaves no doubt.
  void learn(const proto::MarketDefinition& definition);
  /// nullptr for an id that is not known.
  const Asset* asset(std::uint32_t id) const;
  const Market* market(std::uint32_t id) const;

 private:
  std::vector<Asset> assets_;
  std::vector<Market> markets_;
};

/// `value` units of 10^-decimals as decimal text, exactly: 12345 with 2 is "123.45".
/// `decimals` at most 38.
std::string decimal_text(Int128 value, unsigned decimals);
/// "2026-11-22T11:50:30.123456789Z".
std::string time_text(TimeNs time_ns);
/// Text of a fixed array up to its first zero, everything unprintable as \xNN.
std::string escaped_text(std::string_view bytes);

/// "NewOrder account=7 market=KCN/EUR side=Buy ... price=101.50 quantity=2". Never fails: a kind
/// that does not exist or a body of the wrong size is shown as hexadecimal bytes.
std::string command_text(const core::Command& command, const CommandNames* names = nullptr);
/// The same with sequence, time and sender in front.
std::string command_line(const core::Command& command, const CommandNames* names = nullptr);

/// One canonical event as one line, for failure messages and `saker-log replay --events`.
std::string event_text(const proto::Report& report);
std::string event_text(const proto::FeedMessage& message);
std::string event_text(const core::LedgerLeg& leg);

}  // namespace saker::engine
