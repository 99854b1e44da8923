#!/usr/bin/env bash
# One log, four ways to the same state: the engine as it ran under load, a follower that tails its
# log, a replay from Genesis, and each snapshot with the log after it. Event-chain head and state
# hash must be the same to the last bit. SAKER_FULL=1: over ten million commands.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
build=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}
folder=$test_dir/venue
random_port_base
port_base=$REPLY
commands=20000
[[ -z ${SAKER_FULL:-} ]] || commands=10000000
follower_pid=

at_exit() { [[ -z $follower_pid ]] || kill -KILL "$follower_pid" 2>/dev/null; }

hashes_in() { # hashes_in FILE: the last ones that it names
  grep -oE 'chain head [0-9a-f]{16}, state hash [0-9a-f]{32}' "$1" | tail -n 1
}

run_engine_under_load() {
  run "$build/bench/saker-bench" wire --folder "$folder" --port-base "$port_base" --closed \
    --rounds 3 --seconds 0.5 --commands "$commands" --json
  expect_status "load" 0
  run cat "$folder/engine.log"
  expect_output "the engine stopped cleanly" "stopped cleanly"
  sequence=$(sed -n 's/.*stopped cleanly at sequence \([0-9]*\),.*/\1/p' "$folder/engine.log")
  output="sequence $sequence, wanted more than $commands"
  expect "all of it is in the log" test "${sequence:-0}" -gt "$commands"
  live=$(hashes_in "$folder/engine.log")
}

caught_up() { grep -q "state marker at sequence $sequence" "$folder/follower.log"; }

run_follower() {
  sed -e "s/^commands = .*/commands = $((commands / 3))/" \
    -e 's/^min_commands = .*/min_commands = 1/' "$TEST_ROOT/engine/follower.toml" \
    >"$folder/follower.toml"
  "$build/engine/saker-follower" --config "$folder/follower.toml" --data "$folder/data" \
    --port-base "$port_base" >"$folder/follower.log" 2>&1 </dev/null &
  follower_pid=$!
  output=
  expect "the follower gets to the end" wait_until 600 caught_up
  kill -TERM "$follower_pid"
  wait "$follower_pid"
  status=$?
  follower_pid=
  run cat "$folder/follower.log"
  expect "the follower stops cleanly" test "$status" -eq 0
}

run_engine_under_load
expect "the engine names its hashes" test -n "$live"
run_follower
output="engine $live, follower $(hashes_in "$folder/follower.log")"
expect "the follower agrees" test "$(hashes_in "$folder/follower.log")" == "$live"
run "$build/engine/saker-log" replay "$folder/data/log"
expect_status "replay from Genesis" 0
expect_output "the replay agrees" "$live"
run "$build/engine/saker-log" replay --check "$folder/data/log"
expect_status "snapshots and the log after them agree" 0
expect_output "there is a snapshot" "the same state as replay from Genesis"
