#!/usr/bin/env bash
# kill -9 of every process of the venue in turn, PostgreSQL and the bots included, while bots, a
# person in a browser and customers over the interface trade and pay in. Afterwards nothing that a
# customer was told is missing or doubled in any list, the ledger or the candles, and the ledger
# agrees with the engine to the unit.
# SAKER_FULL: several rounds, and bots at speed until there are a million trades.
# Runs once.
# Runs alone.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker
data=$test_dir/data
random_port_base
port_base=$REPLY
rounds=1 trades_wanted=1000 speed=20
if [[ -n ${SAKER_FULL:-} ]]; then rounds=5 trades_wanted=1000000 speed=300; fi
export SAKER_RESTARTS_ALLOWED=1000 SAKER_RESTART_PAUSE_MS=50

make_config() { # no limits on what two customers may do in a test; bots at speed
  small_venue "$data/config"
  sed -E 's/^((orders|requests|socket_requests)_per_second) = [0-9_]+/\1 = 0/' \
    "$TEST_ROOT/gateway/gateway.toml" >"$data/config/gateway.toml"
  sed -e "s/^speed = .*/speed = $speed/" "$TEST_ROOT/bots/bots.toml" >"$data/config/bots.toml"
}

kill_everything() {
  local name round
  for ((round = 0; round < rounds; round++)); do
    for name in postgres engine notary follower settlement accounts marketdata gateway bots mail; do
      sleep "0.$((RANDOM % 10))"
      kill_and_wait "$data" "$name"
    done
  done
}

trades() { venue_psql "$data" "SELECT count(*) FROM ledger.trades"; }
enough_trades() { (($(trades) >= trades_wanted)); }

is() { # is WHAT SQL VALUE
  output=$(venue_psql "$data" "$2")
  expect "$1: $output must be $3" test "$output" = "$3"
}

# What market data counts, and what the ledger does, from the same journal by different programs.
same_trades() {
  [[ $(trades) == "$(venue_psql "$data" "SELECT count(*) FROM marketdata.trades")" ]]
}

expect_books_to_balance() {
  local interval
  expect "both have every trade" wait_until 60 same_trades
  for interval in 60 300 900 3600 14400 86400; do
    is "volume in candles of $interval s as in the ledger" \
      "SELECT (SELECT sum(volume_lots) FROM marketdata.candles WHERE interval_s = $interval)
            = (SELECT sum(quantity_lots) FROM ledger.trades)" t
  done
  is "assets whose balances are not deposits less withdrawals" \
    "SELECT count(*) FROM ledger.totals t WHERE deposits - withdrawals <> (SELECT sum(balance)
       FROM ledger.balances b WHERE b.asset = t.asset AND b.account <> 0)" 0
  is "payments without an end" "SELECT count(*) FROM payments.outbox WHERE state = 'open'" 0
  run "$saker" reconcile --data "$data" --entries
  expect_status "reconcile" 0
  printf '%s\n' "${output##*$'\n'}"
}

expect_no_other_deaths() {
  output=$(grep -hE 'exited with status|SIG(ABRT|SEGV|ILL|BUS)' "$data/logs/saker.log"
    grep -hE 'runtime error|Sanitizer' "$data"/logs/*.log)
  expect "nothing died of itself" test -z "$output"
}

make_config
start_venue "$data" "$port_base" gateway settlement notary mail bots || exit 1
/usr/bin/python3 -B "$TEST_ROOT/tests/venue/traders.py" "$data" "$port_base" "$test_dir/stop" \
  >"$test_dir/traders.log" 2>&1 &
traders=$!
wait_until 60 test -e "$test_dir/stop.ready" || expect "customers begin" false
# A person in headless Chromium, who remembers what the page said of each order.
node --experimental-websocket --no-warnings "$TEST_ROOT/frontend/e2e/endurance.mjs" \
  "http://127.0.0.1:$port_base" "$data" "$test_dir/stop" >"$test_dir/browser.log" 2>&1 &
browser=$!
wait_until 60 test -e "$test_dir/stop.browser" || expect "the person begins" false
kill_everything
expect "there are $trades_wanted trades" wait_until 1800 enough_trades
touch "$test_dir/stop"
wait "$traders"
status=$?
output=$(<"$test_dir/traders.log")
printf '%s\n' "$output"
expect_status "what customers were told is so" 0
wait "$browser"
status=$?
output=$(<"$test_dir/browser.log")
printf '%s\n' "$output"
expect_status "what the page said is so" 0
expect_no_other_deaths
stop_venue "$data"
run "$saker" log audit "$data/log"
expect_status "the log is what was signed, through all of it" 0
start_venue "$data" "$port_base" gateway settlement || exit 1
expect_books_to_balance
printf '%s trades\n' "$(trades)"
