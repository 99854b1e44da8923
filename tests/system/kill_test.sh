#!/usr/bin/env bash
# kill -9 of the processes, at random moments, while the bots trade fast. Only the bots trade, so
# that what they counted must agree: a fill that one of them saw once and the other twice or not at
# all shows at once. Afterwards the log must be sound, its replay must
# end at the engine's own hash, and every snapshot must agree with the log.
# Runs long.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker
log_tool=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}/engine/saker-log
data=$test_dir/data
random_port_base
port_base=$REPLY
kills=6
[[ -z ${SAKER_FULL:-} ]] || kills=60
export SAKER_RESTARTS_ALLOWED=1000 SAKER_RESTART_PAUSE_MS=50

at_exit() { "$saker" down --data "$data" >/dev/null 2>&1; }

# A data directory whose bots act every few milliseconds.
make_fast_venue() {
  small_venue "$data/config"
  sed -e 's/^interval = .*/interval = "4ms"/' \
    -e 's/^most_per_second = .*/most_per_second = 2000/' "$TEST_ROOT/bots/bots.toml" \
    >"$data/config/bots.toml"
  sed -e 's/^commands = [0-9_]*/commands = 2000/' \
    -e 's/^min_commands = [0-9_]*/min_commands = 50/' "$TEST_ROOT/engine/follower.toml" \
    >"$data/config/follower.toml"
}

kill_some() { # kill_some COUNT NAME...: these in turn, each after a random pause, COUNT times
  local i name pid
  local -a names=("${@:2}")
  for ((i = 0; i < $1; i++)); do
    pause "0.$((RANDOM % 9))$((RANDOM % 10))"
    name=${names[i % ${#names[@]}]}
    pid=$(venue_pid "$data" "$name")
    kill -KILL "$pid"
    if ! wait_until 30 venue_is_anew "$data" "$name" "$pid"; then
      output=$(tail -n 30 "$data/logs/saker.log")
      expect "$name comes back" false
      return
    fi
  done
  sleep 1
}

# The bots' closing lines: NAME-MARKET: … N fills, N as maker, … N orders left, inventory N …
sum_of() { # sum_of MARKET WORD: over its bots, of the number before or after the word
  grep "^saker-bots: [a-z]*-$1: " "$data/logs/bots.log" | tail -n "$(bots_in "$1")" |
    sed -n -e "s/.* \([0-9-]*\) $2.*/\1/p" -e "s/.*$2 \([0-9-]*\),.*/\1/p" |
    awk '{ sum += $1 } END { print sum + 0 }'
}
bots_in() { grep -c "^name = \"[a-z]*-$1\"" "$data/config/bots.toml"; }

most_lots() { # of one order of any bot, so of one fill
  sed -nE 's/^(most_)?quantity_lots = ([0-9_]+).*/\2/p' "$data/config/bots.toml" | tr -d _ |
    sort -n | tail -n 1
}

expect_bots_agree() {
  local market fills maker taker missed inventory
  for market in kcn btc eth; do
    fills=$(sum_of "$market" fills) maker=$(sum_of "$market" "as maker")
    taker=$((fills - maker))
    # What a client was told that it missed (a restarted follower had forgotten it) it cannot count.
    missed=$(sum_of "$market" "reports missed")
    output="$maker fills as maker, $taker as taker, $missed reports missed"
    expect "$market: both sides saw the same fills" \
      test $((maker > taker ? maker - taker : taker - maker)) -le "$missed"
    expect "$market: there were fills" test "$maker" -gt 0
    inventory=$(sum_of "$market" inventory)
    output="all together hold $inventory lots, $missed reports missed"
    expect "$market: what one bought the other sold" \
      test "${inventory#-}" -le $((missed * $(most_lots)))
  done
}

# Only our own kill -9 may have ended a process.
expect_no_other_deaths() {
  output=$(grep -hE 'exited with status|SIG(ABRT|SEGV|ILL|BUS)' "$data/logs/saker.log"
    grep -hE 'runtime error|Sanitizer|FATAL' "$data"/logs/*.log)
  expect "nothing died of itself" test -z "$output"
}

expect_log_is_sound() {
  local hashes
  run "$log_tool" verify "$data/log"
  expect_status "saker log verify" 0
  hashes=$(sed -n 's/.*stopped cleanly at .*, \(chain head .*\)/\1/p' "$data/logs/engine.log" |
    tail -n 1)
  expect "the engine stopped cleanly" test -n "$hashes"
  run "$log_tool" replay "$data/log"
  expect_status "saker log replay" 0
  expect_output "replay ends at the engine's hashes" "$hashes"
  run "$log_tool" replay --check "$data/log"
  expect_status "snapshots agree with the log" 0
  expect "there are snapshots" test -n "$(ls "$data/snapshots")"
}

round() { # round NAME...: up, kill these, down, look
  run "$saker" up --data "$data" --port-base "$port_base" --only bots --detach
  expect_status "up" 0
  kill_some "$kills" "$@"
  run "$saker" down --data "$data"
  expect_status "down" 0
}

make_fast_venue
round engine engine follower
expect_no_other_deaths
expect_bots_agree
expect_log_is_sound
round engine follower bots
expect_no_other_deaths
expect_log_is_sound
