#!/usr/bin/env bash
# An upgrade of a running pair of engine and follower while bots trade, in the documented order: the
# follower, then the engine, then the new rules by an administrator's record. Sessions go on, no
# fill is lost, the hashes agree. And the wrong order: rules that the engine does not know are not
# taken, a follower or engine that does not know the rules of its log says so and stops, and the
# other goes on.
#
# What is old here: this build, told to know no rules above 1 (newest_rules in engine.toml and
# follower.toml), or, with SAKER_OLD_BUILD=DIR, the engine and follower of an earlier build in its
# repository (DIR is build/… there).
# Runs once.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../accounts/venue.sh"
log_tool=$build/engine/saker-log
old_build=${SAKER_OLD_BUILD:-$build}
declare -A age=([engine]=old [follower]=old)

command_of() { # command_of NAME -> command
  local from=$build
  local file=$data/config/$1.toml
  if [[ ${age[$1]:-new} == old ]]; then
    from=$old_build
    file=$data/old/$1.toml
  fi
  case $1 in
    bots) command=("$from/bots/saker-bots") ;;
    *) command=("$from/engine/saker-$1") ;;
  esac
  command+=(--config "$file" --data "$data" --port-base "$base")
}

make_configs() { # config/ for this build, old/ for the old one; the venue begins with rules 1
  mkdir -p "$data"/{run,logs,secrets,old}
  small_venue "$data/config"
  cp "$TEST_ROOT/engine/follower.toml" "$data/config/"
  sed -e 's/^interval = .*/interval = "4ms"/' \
    -e 's/^most_per_second = .*/most_per_second = 2000/' "$TEST_ROOT/bots/bots.toml" \
    >"$data/config/bots.toml"
  sed -i -e 's/^min_commands = [0-9_]*/min_commands = 50/' "$data/config/follower.toml"
  sed -i -e 's/^rules = .*/rules = 1/' "$data/config/venue.toml"
  cp "$data"/config/{engine,follower,venue}.toml "$data/old/"
  if [[ -n ${SAKER_OLD_BUILD:-} ]]; then
    # Its own configuration, as its sources have it; the venue is the same.
    cp "$SAKER_OLD_BUILD"/../../engine/{engine,follower}.toml "$data/old/"
    sed -i -e '/^rules = /d' "$data/old/venue.toml"
  else
    sed -i -e 's/^newest_rules = 0/newest_rules = 1/' "$data"/old/{engine,follower}.toml
  fi
}

stop() { # stop NAME: an orderly one
  kill -TERM "${pids[$1]}"
  expect "$1 stops" wait_until 60 gone "${pids[$1]}"
  unset "pids[$1]"
}
gone() { ! kill -0 "$1" 2>/dev/null; }

reached() { (($("$log_tool" end "$data/log" --live) >= $1)); }
trading_goes_on() { # by another 300 commands, of the bots
  local now
  now=$("$log_tool" end "$data/log" --live)
  output=$(tail -n 3 "$data/logs/bots.log")
  expect "trading goes on $1" wait_until 60 reached $((now + 300))
}

set_rules() { # set_rules VERSION
  run "$build/client/saker-admin" --data "$data" --port-base "$base" --reason "release two" \
    set-rules "$1"
}

expect_bots_agree() { # what one bought another sold, but for what a restart of the follower hid
  output=$(grep -E '^saker-bots: .* inventory ' "$data/logs/bots.log")
  expect "the bots tell what they have" test -n "$output"
  local market inventory missed
  for market in kcn btc eth; do
    inventory=$(sed -n "s/^saker-bots: [a-z]*-$market: .*inventory \(-\?[0-9]*\),.*/\1/p" \
      <<<"$output" | awk '{ sum += $1 } END { print sum + 0 }')
    missed=$(sed -n "s/^saker-bots: [a-z]*-$market: .* \([0-9]*\) reports missed.*/\1/p" \
      <<<"$output" | awk '{ sum += $1 } END { print sum + 0 }')
    # What a client was told that it missed (a restarted follower had forgotten it) it cannot count.
    expect "$market: inventories sum to nothing, not $inventory ($missed reports missed)" \
      test "$inventory" -eq 0 -o "$missed" -gt 0
  done
}

last_hashes() { # last_hashes FILE
  grep -oE 'chain head [0-9a-f]{16}, state hash [0-9a-f]{32}' "$1" | tail -n 1
}
caught_up() { grep -qF "$(last_hashes "$data/logs/engine.log")" "$data/logs/follower.log"; }

begin() {
  make_configs
  for process in engine follower bots; do start "$process"; done
  ((failures == 0)) || exit 1
  trading_goes_on "before"
  set_rules 2
  if [[ -z ${SAKER_OLD_BUILD:-} ]]; then
    expect "an engine that does not know them does not take rules 2" test "$status" -ne 0
    expect_output "an engine that does not know them" "UNKNOWN_COMMAND"
  fi
}

upgrade() {
  local name
  for name in follower engine; do
    stop "$name"
    age[$name]=new
    start "$name"
    trading_goes_on "with a new $name"
  done
  set_rules 2
  expect_status "set-rules" 0
  trading_goes_on "under the new rules"
  run "$log_tool" show "$data/log" --live --kind SetRuleVersion
  expect_output "the record" 'rule_version=2 reason="release two"'
  expect_output "the record" "session="
  run "$log_tool" show "$data/log" --live --kind EpochStart
  expect "no epoch but the first: sessions went on" test "$(wc -l <<<"$output")" -eq 1
}

wrong_order() { # a follower that is older than the rules
  stop follower
  age[follower]=old
  forget_snapshots
  local -a command
  command_of follower
  run timeout 60 "${command[@]}"
  expect "the old follower stops" test "$status" -ne 0 -a "$status" -ne 124
  expect_refusal "the old follower"
  trading_goes_on "without a follower"
  age[follower]=new
  start follower
  trading_goes_on "with the new follower"
}

# Builds before rules 2 look at records alone: a snapshot taken under rules 2 would lead them past.
forget_snapshots() {
  if [[ -n ${SAKER_OLD_BUILD:-} ]]; then rm -f "$data"/snapshots/*; fi
}

expect_refusal() {
  if [[ -n ${SAKER_OLD_BUILD:-} ]]; then
    expect_output "$1" "unknown kind"
  else
    expect_output "$1" "the log needs rules 2, this build knows 1 to 1: use a newer build"
  fi
}

end() {
  stop bots
  stop engine
  output=$(tail -n 5 "$data/logs/follower.log")
  expect "the follower has come to the engine's state" wait_until 60 caught_up
  stop follower
  expect_bots_agree
  run "$log_tool" replay "$data/log"
  expect_output "replay from Genesis, over both rules" "$(last_hashes "$data/logs/engine.log")"
  run "$log_tool" replay --check "$data/log"
  expect_status "snapshots and the log after them" 0
  age[engine]=old
  forget_snapshots
  local -a command
  command_of engine
  run timeout 60 "${command[@]}"
  expect "the old engine does not start" test "$status" -ne 0 -a "$status" -ne 124
  expect_refusal "the old engine"
  run "$log_tool" verify "$data/log"
  expect_status "and the log is as it was" 0
}

begin
upgrade
wrong_order
end
