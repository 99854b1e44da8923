#!/usr/bin/env bash
# The supervisor of one data directory: starts the processes in order, restarts what dies, stops
# them in the other order on SIGTERM. `./saker up` starts it in a session of its own, so that a
# Ctrl-C at the terminal reaches it only as an orderly stop. Its own lines are in logs/saker.log.
# Arguments: ROOT DATA_DIR PORT_BASE NAME... SAKER_RESTARTS_ALLOWED: of one process in a minute;
# SAKER_RESTART_PAUSE_MS: each restart within that minute waits so much longer than the one before.
set -uo pipefail
export LC_ALL=C.UTF-8

readonly SAKER_ROOT=$1
source "$SAKER_ROOT/deploy/launcher/common.sh"
use processes data process
data_dir=$2 port_base=$3
shift 3
enabled=("$@")

readonly restarts_allowed=${SAKER_RESTARTS_ALLOWED:-5} restart_window_s=60 long_pause_s=20
readonly pause_step_ms=${SAKER_RESTART_PAUSE_MS:-1000}
declare -gA pid_of=()      # NAME -> pid of our child
declare -gA state=()       # NAME -> waiting, starting, ready, pausing (before a restart)
declare -gA resume_ms=()   # NAME -> when a pause ends
declare -gA restarts=()    # NAME -> when it was restarted lately, seconds
started=                   # set when everything was ready for the first time

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

begin() { # begin NAME
  process_launch "$1"
  pid_of[$1]=${started_pid[$1]}
  state[$1]=starting
}

become_ready() { # become_ready NAME MILLISECONDS
  state[$1]=ready
  seconds_text "$2"
  say "$1 ready in $REPLY (pid ${pid_of[$1]})"
}

# Only the very first start gives up at once: what is wrong then is a matter for people.
did_not_become_ready() { # did_not_become_ready NAME
  process_forget "$1"
  say "$1 did not become ready"
  show_last_lines "$1"
  process_stop "$1" 5
  wait "${pid_of[$1]}" 2>/dev/null
  [[ -n $started ]] || finish 1
  plan_restart "$1"
}

# Counts a restart; fails when there were too many lately. Sets `recent` to their number.
restart_allowed() {
  local name=$1 second kept= now
  milliseconds
  now=$((REPLY / 1000))
  recent=1
  for second in ${restarts[$name]:-}; do
    if ((second > now - restart_window_s)); then
      kept+=" $second"
      recent=$((recent + 1))
    fi
  done
  restarts[$name]="$kept $now"
  ((recent <= restarts_allowed))
}

# With growing pauses. After too many deaths of the engine the supervisor gives up, for then people
# have to look; what stands around the engine is tried again, the rest works on without it.
plan_restart() { # plan_restart NAME
  local pause_ms
  if restart_allowed "$1"; then
    pause_ms=$((pause_step_ms * (recent < 6 ? recent - 1 : 5)))
    say "restarting $1 ($recent of at most $restarts_allowed within $restart_window_s s)"
  elif [[ $1 == engine ]]; then
    say "$1 died more than $restarts_allowed times within $restart_window_s s; giving up"
    finish 1
  else
    pause_ms=$((long_pause_s * 1000))
    say "$1 died more than $restarts_allowed times within $restart_window_s s;" \
      "it is tried again in $long_pause_s s"
  fi
  milliseconds
  resume_ms[$1]=$((REPLY + pause_ms))
  state[$1]=pausing
}

death_text() { # death_text EXIT_STATUS
  if (($1 > 128)); then
    REPLY="was killed by SIG$(kill -l $(($1 - 128)) 2>/dev/null || printf '%s' $(($1 - 128)))"
  else
    REPLY="exited with status $1"
  fi
}

died() { # died NAME
  rm -f -- "$data_dir/run/$1.ready"
  wait "${pid_of[$1]}" 2>/dev/null
  death_text $?
  say "$1 (pid ${pid_of[$1]}) $REPLY"
  show_last_lines "$1"
  plan_restart "$1"
}

needs_are_ready() { # needs_are_ready NAME: does all that it needs run?
  local other
  for other in ${process_after[$1]:-}; do
    [[ ${state[$other]:-ready} == ready ]] || return 1
  done
}

step() { # step NAME: one look at one process
  local heard_ready=0
  case ${state[$1]} in
    waiting) if needs_are_ready "$1"; then begin "$1"; fi ;;
    pausing)
      milliseconds
      if ((REPLY >= resume_ms[$1])) && needs_are_ready "$1"; then begin "$1"; fi
      ;;
    starting)
      process_listen "$1" || heard_ready=$?
      case $heard_ready in
        0) become_ready "$1" "$REPLY" ;;
        2) did_not_become_ready "$1" ;;
      esac
      ;;
    ready) process_pid "$1" || died "$1" ;;
  esac
}

# Looks at all processes, then waits for the next death; while something is being started it looks
# again soon.
watch() {
  local name busy
  while :; do
    busy=
    for name in "${enabled[@]}"; do
      step "$name"
      case ${state[$name]} in
        ready) ;;
        pausing) busy=${busy:-0.05} ;;
        *) busy=0.05 ;;
      esac
    done
    if [[ -z $busy && -z $started ]]; then
      started=1
      set_state running
      say "all ready"
    fi
    if [[ -n $busy ]]; then sleep "$busy" 9>&-; else await_death; fi
  done
}

await_death() { # for two seconds, which bounds what a missed one costs
  local tick
  sleep 2 9>&- &
  tick=$!
  wait -n "${pid_of[@]}" "$tick" 2>/dev/null
  kill "$tick" 2>/dev/null
  wait "$tick" 2>/dev/null
}

# What an earlier supervisor left behind when it was killed is stopped, so that its log and ports
# are free; a stranger on our ports is named.
clear_the_way() {
  local name port
  for name in "${process_names[@]}"; do
    if process_pid "$name"; then
      say "$name (pid $REPLY) was left over by an earlier run; stopping it"
    fi
  done
  processes_stop_all
  port=$(port_in_use)
  [[ -n $port ]] || return 0
  say "$port is in use by another program; choose other ports with --port-base"
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
  for name in "${enabled[@]}"; do state[$name]=waiting; done
  printf '%s\n' "${enabled[*]}" >"$data_dir/run/enabled"
  watch
}

main
exit
