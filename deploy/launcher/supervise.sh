#!/usr/bin/env bash
# The supervisor of one data directory: starts the processes in order, restarts what dies, stops
# them in the other order on SIGTERM. `./saker up` starts it in a session of its own, so that a
# Ctrl-C at the terminal reaches it only as an orderly stop. Its own lines are in logs/saker.log.
# Arguments: ROOT DATA_DIR PORT_BASE NAME... SAKER_RESTARTS_ALLOWED: of one process in a minute.
set -uo pipefail
export LC_ALL=C.UTF-8

readonly SAKER_ROOT=$1
source "$SAKER_ROOT/deploy/launcher/common.sh"
use processes data process
data_dir=$2 port_base=$3
shift 3
enabled=("$@")

readonly restarts_allowed=${SAKER_RESTARTS_ALLOWED:-5} restart_window_s=60
declare -gA pid_of=()      # NAME -> pid of our child
declare -gA restarts=()    # NAME -> seconds of its recent restarts

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*"; }

set_state() { printf '%s\n' "$1" >"$data_dir/run/state"; }

finish() { # finish EXIT_STATUS: stops everything and leaves
  trap '' TERM INT HUP
  set_state stopping
  processes_stop_all
  kill $(jobs -p) 2>/dev/null
  set_state stopped
  rm -f -- "$data_dir/run/supervisor.pid"
  say "all stopped"
  exit "$1"
}

show_last_lines() {
  local log=$data_dir/logs/$1.log
  local lines
  lines=$(tail -c +$((log_start[$1] + 1)) -- "$log" | tail -n 12)
  if [[ -n $lines ]]; then
    say "last lines of logs/$1.log:"
    sed 's/^/    /' <<<"$lines"
  fi
}

start() { # start NAME: 0 when it became ready
  if process_start "$1"; then
    pid_of[$1]=$started_pid
    say "$1 ready in $REPLY (pid $started_pid)"
    return 0
  fi
  say "$1 did not become ready"
  show_last_lines "$1"
  process_stop "$1" 5
  return 1
}

# Counts a restart; fails when there were too many lately. Sets `recent` to their number.
restart_allowed() {
  local name=$1 second kept=
  recent=1
  for second in ${restarts[$name]:-}; do
    if ((second > EPOCHSECONDS - restart_window_s)); then
      kept+=" $second"
      recent=$((recent + 1))
    fi
  done
  restarts[$name]="$kept $EPOCHSECONDS"
  ((recent <= restarts_allowed))
}

revive() { # revive NAME HOW_IT_DIED: restarts until ready, with growing pauses, or gives up
  local name=$1
  rm -f -- "$data_dir/run/$name.ready"
  say "$name (pid ${pid_of[$name]}) $2"
  show_last_lines "$name"
  while restart_allowed "$name"; do
    ((recent == 1)) || sleep $((recent < 6 ? recent - 1 : 5))
    say "restarting $name ($recent of at most $restarts_allowed within $restart_window_s s)"
    start "$name" && return
  done
  say "$name died more than $restarts_allowed times within $restart_window_s s; giving up"
  finish 1
}

death_text() { # death_text EXIT_STATUS
  if (($1 > 128)); then
    REPLY="was killed by SIG$(kill -l $(($1 - 128)) 2>/dev/null || printf '%s' $(($1 - 128)))"
  else
    REPLY="exited with status $1"
  fi
}

# Waits for the next death. The short sleep among the awaited bounds what a missed one costs.
watch() {
  local tick status name
  while :; do
    for name in "${enabled[@]}"; do
      if ! process_pid "$name"; then
        wait "${pid_of[$name]}" 2>/dev/null
        status=$?
        death_text "$status"
        revive "$name" "$REPLY"
      fi
    done
    sleep 2 9>&- &
    tick=$!
    wait -n "${pid_of[@]}" "$tick" 2>/dev/null
    kill "$tick" 2>/dev/null
    wait "$tick" 2>/dev/null
  done
}

# What an earlier supervisor left behind when it was killed is stopped, so that its log and ports
# are free; a stranger on our ports is named.
clear_the_way() {
  local name
  for name in "${process_names[@]}"; do
    if process_pid "$name"; then
      say "$name (pid $REPLY) was left over by an earlier run; stopping it"
      process_stop "$name" 15
    fi
  done
  local port
  port=$(port_in_use)
  [[ -n $port ]] || return 0
  say "UDP port $port is in use by another program; choose other ports with --port-base"
  return 1
}

main() {
  local name
  exec 9>"$data_dir/run/lock"
  if ! flock -n 9; then
    say "another supervisor already runs in $data_dir"
    exit 3
  fi
  process_write_pid supervisor $$
  trap 'finish 0' TERM INT HUP
  set_state starting
  clear_the_way || finish 1
  for name in "${enabled[@]}"; do
    start "$name" || finish 1
  done
  set_state running
  say "all ready"
  watch
}

main
exit
