# The one table of what runs. Sourced by the launcher and by the supervisor.

# Start order; stopping goes the other way round.
process_names=(engine follower bots)

# Programs, below the build folder.
declare -gA process_program=(
  [engine]=engine/saker-engine
  [follower]=engine/saker-follower
  [bots]=bots/saker-bots
)

# Default configuration files, below the repository's root. Copied into the data directory at the
# first start, where they may be edited; a process gets its own with --config.
declare -gA process_config=(
  [engine]=engine/engine.toml
  [follower]=engine/follower.toml
  [bots]=bots/bots.toml
)
extra_configs=(engine/venue.toml)

# How long a process may take until it says that it is ready: recovery reads the log.
declare -gA process_ready_s=([engine]=120 [follower]=120 [bots]=30)

# Programs behind the verbs of the same name.
declare -gA tool_program=(
  [top]=client/saker-top
  [log]=engine/saker-log
  [admin]=client/saker-admin
  [bench]=bench/saker-bench
  [sim]=sim/saker-sim
)

# UDP ports: the engine listens at base + 1, the follower at base + 2.
port_base_default=3000
port_offsets=(1 2)
