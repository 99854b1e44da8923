// The venue file: assets, firms, accounts, sessions, markets and opening deposits as TOML, turned
// into the commands of the first start. Later starts only compare it with the state.
#pragma once

#include <string>
#include <vector>

#include "common/config.hpp"
#include "engine/core/core.hpp"

namespace saker::engine {

/// A command of session 0 and the line of the file that asks for it.
struct VenueCommand {
  proto::CommandKind kind = proto::CommandKind::None;
  std::vector<std::byte> body;
  std::string what;  // "market BTC/EUR"
};

struct VenueAsset {
  std::uint32_t id = 0;
  std::string symbol;
  unsigned decimals = 0;
};

struct Venue {
  proto::Genesis genesis;
  std::vector<VenueCommand> commands;   // in an order that the core accepts
  std::vector<std::uint32_t> key_ids;   // that its sessions use
  std::vector<VenueAsset> assets;
};

/// Throws ConfigError, naming file, line and key, when anything is missing, unknown, out of its
/// range or not exact.
Venue load_venue(const std::string& path);
/// `name` stands for the file's name in messages.
Venue parse_venue(std::string_view text, const std::string& name);

/// What the file says otherwise than the state does, one line each; empty when they agree.
/// Balances and deposits are not compared: they have moved on.
std::vector<std::string> venue_differences(const Venue& venue, const core::Core& core);

}  // namespace saker::engine
