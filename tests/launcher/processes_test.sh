#!/usr/bin/env bash
# `./saker up` and what belongs to it, with the real processes: start, status, a second `up`,
# kill -9 of each process, supervisor killed, Ctrl-C, state kept over a restart.
# Runs once.
# Runs long.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker
data=$test_dir/data
random_port_base
port_base=$REPLY

venues=("$data")
process_names=()
# shellcheck source=deploy/launcher/processes.sh
source "$TEST_ROOT/deploy/launcher/processes.sh"
export SAKER_RESTARTS_ALLOWED=20

pid_of() { venue_pid "$data" "$1"; }

expect_all_ready() { # expect_all_ready WHAT
  local name
  run "$saker" status --data "$data"
  expect_status "$1" 0
  for name in "${process_names[@]}"; do
    expect "$1: $name is ready" grep -qE "^ *$name .* ready$" <<<"$output"
  done
}

test_first_up() {
  small_venue "$data/config" # restart_test.sh has the real sizes
  run "$saker" up --data "$data" --port-base "$port_base" --detach
  expect_status "first up" 0
  expect_output "first up" "new data directory"
  expect_output "first up" "running in $data"
  expect "secrets are their owner's alone" \
    test "$(find "$data/secrets" ! -name '*.pub' -printf '%m\n' | sort -u | paste -sd ' ')" = \
    "600 700"
  expect_all_ready "status"
  run "$saker" logs saker --data "$data"
  expect_output "logs" "all ready"
}

test_second_up_is_refused() {
  run "$saker" up --data "$data" --detach
  expect_status "up while up" 1
  expect_output "up while up" "already running"
  run "$saker" reset --data "$data" --yes
  expect_status "reset while up" 1
  run "$saker" up --data "$test_dir/other" --port-base "$port_base" --detach
  expect_status "up on ports in use" 1
  expect_output "up on ports in use" "in use by another program"
}

test_killed_processes_come_back() {
  local name pid
  for name in "${process_names[@]}"; do
    pid=$(pid_of "$name")
    kill_and_wait "$data" "$name"
    run "$saker" logs saker --data "$data"
    expect_output "its death is told" "$name (pid $pid) was killed by SIGKILL"
  done
  expect_all_ready "status afterwards"
}

# All at once: what needs others waits for them.
test_all_killed_at_once() {
  local name
  local -A old=()
  for name in "${process_names[@]}"; do old[$name]=$(pid_of "$name"); done
  kill -KILL "${old[@]}"
  for name in "${process_names[@]}"; do
    expect "$name comes back" wait_until 60 venue_is_anew "$data" "$name" "${old[$name]}"
  done
  expect_all_ready "status after all were killed"
}

test_down_and_up() {
  run "$saker" down --data "$data"
  expect_status "down" 0
  expect_output "down" "engine stopped"
  expect "nothing had to be killed" test "${output/was killed/}" = "$output"
  run "$saker" status --data "$data"
  expect_status "status when down" 3
  run "$saker" up --data "$data" --detach
  expect_status "second up" 0
  expect_output "the port base is remembered" "from $port_base"
}

test_supervisor_killed() {
  local pid
  pid=$(pid_of engine)
  kill_until_gone "$(pid_of supervisor)"
  run "$saker" status --data "$data"
  expect_status "status without supervisor" 3
  run "$saker" up --data "$data" --detach
  expect_status "up after that" 0
  expect_output "up after that" "left over by an earlier run"
  expect "the old engine is gone" test ! -d "/proc/$pid"
  run "$saker" down --data "$data"
  expect_status "down again" 0
}

test_interrupt() { # in the foreground, without a terminal
  "$saker" up --data "$data" --only follower,mail >"$test_dir/up.log" 2>&1 </dev/null &
  local up=$!
  expect "foreground up" wait_until 60 grep -q 'stops everything' "$test_dir/up.log"
  kill -TERM "$up"
  wait "$up"
  status=$? output=$(<"$test_dir/up.log")
  expect_status "interrupted up" 0
  expect_output "interrupted up" "all stopped"
  expect "the others were left out" test "${output/bots ready/}${output/postgres ready/}" = \
    "$output$output"
}

test_first_up
test_second_up_is_refused
test_killed_processes_come_back
test_all_killed_at_once
test_down_and_up
test_supervisor_killed
test_interrupt
