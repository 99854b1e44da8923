# The one table of what runs. Sourced by the launcher and by the supervisor.

# Start order; stopping goes the other way round.
process_names=(postgres mail engine notary follower settlement accounts marketdata gateway bots)

# What must be ready before a process is started; what does not wait starts at the same time. A
# process is stopped only when those that need it have stopped.
declare -gA process_after=(
  [notary]="engine"
  [follower]="engine"
  [settlement]="postgres follower"
  [accounts]="postgres follower"
  [marketdata]="postgres follower"
  [gateway]="accounts marketdata"
  [bots]="follower"
)

# Programs, below the build folder. What is not named here is started by process_command().
declare -gA process_program=(
  [engine]=engine/saker-engine
  [notary]=engine/saker-notary
  [follower]=engine/saker-follower
  [settlement]=accounts/settlement/saker-settlement
  [accounts]=accounts/saker-accounts
  [marketdata]=marketdata/saker-marketdata
  [gateway]=gateway/saker-gateway
  [bots]=bots/saker-bots
)

# Default configuration files, below the repository's root. Copied into the data directory at the
# first start, where they may be edited; a program gets its own with --config.
declare -gA process_config=(
  [postgres]=deploy/database/postgresql.conf
  [engine]=engine/engine.toml
  [notary]=engine/notary.toml
  [follower]=engine/follower.toml
  [settlement]=accounts/settlement/settlement.toml
  [accounts]=accounts/accounts.toml
  [marketdata]=marketdata/marketdata.toml
  [gateway]=gateway/gateway.toml
  [bots]=bots/bots.toml
)
extra_configs=(engine/venue.toml)

# How long a process may take until it says that it is ready, from its start or from the last time
# it said that it gets on: recovery reads the log, settlement whatever has happened without it.
process_ready_s_default=60
declare -gA process_ready_s=([postgres]=120 [engine]=120 [follower]=120)

# How a process is asked to stop. PostgreSQL takes SIGTERM for "when the last client has left".
declare -gA process_stop_signal=([postgres]=INT)

# Programs behind the verbs of the same name.
declare -gA tool_program=(
  [top]=client/saker-top
  [log]=engine/saker-log
  [admin]=client/saker-admin
  [bench]=bench/saker-bench
  [sim]=sim/saker-sim
  [reconcile]=accounts/settlement/saker-reconcile
)

# Ports, from the base on. The page and its interface are at the base itself.
port_base_default=3000
udp_port_offsets=(1 2)   # engine, follower
tcp_port_offsets=(0 3 4 5 6) # gateway, accounts, marketdata, settlement, mail

# processes_with NAME...: these and all that they need, in start order, in `selected`.
processes_with() {
  local -A wanted=()
  local -a left=("$@")
  local name
  while ((${#left[@]} > 0)); do
    name=${left[0]}
    left=("${left[@]:1}")
    [[ -z ${wanted[$name]:-} ]] || continue
    wanted[$name]=1
    left+=(${process_after[$name]:-})
  done
  selected=()
  for name in "${process_names[@]}"; do
    if [[ -n ${wanted[$name]:-} ]]; then selected+=("$name"); fi
  done
}

# process_command NAME -> command: how it is started. It says "ready" on descriptor 8.
process_command() {
  case $1 in
    postgres) command=("$BASH" "$SAKER_ROOT/deploy/database/cluster.sh" "$data_dir" run) ;;
    mail)
      command=(/usr/bin/python3 -B "$SAKER_ROOT/deploy/mail/sink.py" --data "$data_dir"
        --port-base "$port_base" --ready-fd 8)
      ;;
    *)
      command=("$SAKER_BUILD/${process_program[$1]}"
        --config "$data_dir/config/${process_config[$1]##*/}"
        --data "$data_dir" --port-base "$port_base" --ready-fd 8)
      ;;
  esac
}

# process_says_ready_for NAME PID: where a process cannot say itself that it is ready: waits for it
# and says "ready" or "failed" in its place, on descriptor 8.
process_says_ready_for() {
  case $1 in
    postgres)
      if "$BASH" "$SAKER_ROOT/deploy/database/cluster.sh" "$data_dir" await "$2"; then
        printf 'ready\n' >&8
      else
        printf 'failed\n' >&8
      fi
      ;;
  esac
}
