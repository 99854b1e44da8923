#include "tests/config/readers_fuzz.hpp"

#include "accounts/config.hpp"
#include "bots/config.hpp"
#include "common/assert.hpp"
#include "common/fuzz.hpp"
#include "engine/engine_config.hpp"
#include "engine/follower/config.hpp"
#include "gateway/config.hpp"
#include "net/dpdk/dpdk_config.hpp"

namespace saker {

namespace {

void read_as(std::uint8_t program, const std::string& text) {
  constexpr const char* kName = "fuzz.toml";
  switch (program % 6) {
    case 0: engine::parse_engine_config(parse_config(text, kName)); return;
    case 1: follower::parse_follower_config(text, kName); return;
    case 2: bots::parse_bots_config(text, kName); return;
    case 5:
      engine::parse_engine_config(parse_config(text, kName), [](const ConfigTable& file) {
        net::read_dpdk_config(file.section("dpdk"));
      });
      return;
    case 3: {
      const ConfigTable file = parse_config(text, kName);
      gateway::read_gateway_config(file);
      file.section("server").text("address", "");
      return file.reject_unknown();
    }
    default: {
      const ConfigTable file = parse_config(text, kName);
      accounts::read_accounts_config(file, "/data", 3'000);
      file.section("server").text("address", "");
      return file.reject_unknown();
    }
  }
}

}  // namespace

void fuzz_readers(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const std::uint8_t program = input.byte();
  try {
    read_as(program, input.rest());
  } catch (const ConfigError& error) {
    SAKER_ASSERT(std::string_view(error.what()).starts_with("fuzz.toml:"));
  }
}

}  // namespace saker

SAKER_FUZZ_TARGET(saker::fuzz_readers)
