#!/usr/bin/env bash
# kill -9 of settlement, market data, PostgreSQL, follower and engine at random moments while bots
# trade fast. Afterwards ledger and engine agree to the unit, every trade counts once in every
# candle, and both schemas made anew from the journal have the same rows.
# Runs long.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/ledger.sh"
saker=$TEST_ROOT/saker
data=$test_dir/data
random_port_base 24000
port_base=$REPLY
kills=6
[[ -z ${SAKER_FULL:-} ]] || kills=80
export SAKER_RESTARTS_ALLOWED=1000 SAKER_RESTART_PAUSE_MS=50

make_fast_venue() { # bots that trade fast; settlement begins when they do
  small_venue "$data/config"
  sed 's/^speed = .*/speed = 8/' "$TEST_ROOT/bots/bots.toml" >"$data/config/bots.toml"
  sed 's/^interval = .*/interval = "2s"/' "$TEST_ROOT/accounts/settlement/settlement.toml" \
    >"$data/config/settlement.toml"
}

kill_one_of() { # kill_one_of COUNT NAME...: in turn, each time after a random pause
  local i name pid
  local -a names=("${@:2}")
  for ((i = 0; i < $1; i++)); do
    pause "0.$((RANDOM % 9))$((RANDOM % 10))"
    name=${names[i % ${#names[@]}]}
    pid=$(venue_pid "$data" "$name")
    kill -KILL "$pid"
    expect "$name comes back" wait_until 60 venue_is_anew "$data" "$name" "$pid"
  done
}

expect_every_trade_counts_once() {
  local trades interval
  trades=$(venue_psql "$data" "SELECT count(*) FROM ledger.trades")
  output="$trades trades"
  expect "there were trades" test "$trades" -gt 100
  sum_is "trades in market data" "SELECT count(*) FROM marketdata.trades" "$trades"
  for interval in 60 300 900 3600 14400 86400; do
    sum_is "trades in candles of $interval s" \
      "SELECT sum(trades) FROM marketdata.candles WHERE interval_s = $interval" "$trades"
    sum_is "volume in candles of $interval s" \
      "SELECT (SELECT sum(volume_lots) FROM marketdata.candles WHERE interval_s = $interval)
            = (SELECT sum(quantity_lots) FROM ledger.trades)" t
  done
  sum_is "legs of each asset add up to nothing" \
    "SELECT count(*) FROM (SELECT FROM ledger.entries GROUP BY asset HAVING sum(amount) <> 0) a" 0
  sum_is "the last entry has the balance" \
    "SELECT count(*) FROM ledger.balances b JOIN (SELECT DISTINCT ON (account, asset)
       account, asset, balance FROM ledger.entries ORDER BY account, asset, sequence DESC, leg DESC)
       last USING (account, asset) WHERE account <> 0 AND b.balance <> last.balance" 0
  sum_is "every balance has an entry" \
    "SELECT count(*) FROM (SELECT account, asset FROM ledger.balances EXCEPT
       SELECT account, asset FROM ledger.entries) a" 0
}

expect_nothing_died_of_itself() {
  output=$(grep -hE 'exited with status|SIG(ABRT|SEGV|ILL|BUS)' "$data/logs/saker.log"
    grep -hE 'runtime error|Sanitizer' "$data"/logs/*.log)
  expect "nothing died of itself" test -z "$output"
}

make_fast_venue
start_venue "$data" "$port_base" settlement marketdata bots || exit 1
kill_one_of "$kills" settlement marketdata postgres
kill_one_of 4 engine follower settlement postgres
sleep 2
delay_us=$(metric 4 delay_microseconds)
printf 'market data was %s us behind the engine\n' "$delay_us"
expect_no_difference "while the bots trade"
stop_venue "$data"
expect_nothing_died_of_itself

start_venue "$data" "$port_base" settlement marketdata || exit 1
sleep 1 # the journal's last words
expect_no_difference "at rest"
expect_every_trade_counts_once
has_compared() {
  output=$(internal 5 /internal/settlement)
  [[ $output =~ \"runs\":[1-9] ]]
}
expect "settlement compares by itself" wait_until 30 has_compared
expect "settlement compared by itself and found nothing" \
  grep -q '"equal":true,"summary":"no difference"' <<<"$output"
expect_rebuild_is_identical ledger
expect_rebuild_is_identical marketdata
expect_no_difference "after the rebuild"
output=$(venue_psql "$data" "SELECT count(*) FROM ledger.alarms WHERE kind <> 'reconciliation'")
expect "no alarm but for comparisons" test "$output" = 0
