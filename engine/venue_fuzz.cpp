#include "engine/venue_fuzz.hpp"

#include "common/assert.hpp"
#include "common/fuzz.hpp"
#include "engine/startup.hpp"
#include "engine/venue_file.hpp"

namespace saker::engine {

namespace {

/// The capacities decide how much memory a core asks for; large ones are not what is tested.
bool is_small(const proto::Genesis& g) {
  constexpr std::uint32_t kMost = 8'192;
  return g.orders() <= kMost && g.price_leaves() <= kMost && g.grants() <= kMost &&
         g.withdrawals() <= kMost && g.proposals() <= kMost && g.trades() <= kMost &&
         g.client_ids_per_account() <= kMost && g.assets() <= 64 && g.markets() <= 64 &&
         g.firms() <= 64 && g.groups() <= 64 && g.accounts() <= 64 && g.sessions() <= 64;
}

}  // namespace

void fuzz_venue(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const Venue venue = parse_venue(text, "fuzz.toml");
    const Venue again = parse_venue(text, "fuzz.toml");
    SAKER_ASSERT(venue.commands.size() == again.commands.size());
    for (std::size_t i = 0; i < venue.commands.size(); ++i) {
      const VenueCommand& command = venue.commands[i];
      SAKER_ASSERT(command.body.size() == core::body_size(command.kind));
      SAKER_ASSERT(command.body == again.commands[i].body && !command.what.empty());
    }
    if (is_small(venue.genesis)) check_venue(venue);
  } catch (const ConfigError& error) {
    SAKER_ASSERT(std::string_view(error.what()).starts_with("fuzz.toml:"));
  }
}

}  // namespace saker::engine

SAKER_FUZZ_TARGET(saker::engine::fuzz_venue)
