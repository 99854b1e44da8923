#!/usr/bin/env bash
# kill -9 of every process of the venue in turn, PostgreSQL and the bots included, while bots, a
# person in a browser and customers over the interface trade and pay in. Afterwards nothing that a
# customer was told is missing or doubled in any list, the ledger or the candles, and the ledger
# agrees with the engine to the unit.
# SAKER_FULL: SAKER_KILL_CYCLES (1000) more of them with bots at speed, processes, moments and
# manner picked by SAKER_KILL_SEED, which is printed; and 1,000 trades for each.
# Runs once.
# Runs long.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/deploy/launcher/process.sh" # process_pid
saker=$TEST_ROOT/saker
data=$test_dir/data
data_dir=$data # for process_pid
random_port_base
port_base=$REPLY
processes=(postgres engine notary follower settlement accounts marketdata gateway bots mail)
cycles=0 trades_wanted=1000 speed=5
if [[ -n ${SAKER_FULL:-} ]]; then
  cycles=${SAKER_KILL_CYCLES:-1000} seed=${SAKER_KILL_SEED:-$((RANDOM * 32768 + RANDOM))}
  trades_wanted=$((1000 * cycles)) speed=40
fi
export SAKER_RESTARTS_ALLOWED=1000 SAKER_RESTART_PAUSE_MS=50
traders='' browser='' # pids
at_exit() { # a test that was interrupted leaves nobody behind
  [[ -z $traders ]] || kill "$traders" 2>/dev/null
  [[ -z $browser ]] || kill "$browser" 2>/dev/null
}

make_config() { # no limits on what two customers may do in a test; bots at speed
  small_venue "$data/config"
  sed -E 's/^((orders|requests|socket_requests)_per_second) = [0-9_]+/\1 = 0/' \
    "$TEST_ROOT/gateway/gateway.toml" >"$data/config/gateway.toml"
  sed -e "s/^speed = .*/speed = $speed/" "$TEST_ROOT/bots/bots.toml" >"$data/config/bots.toml"
  # Snapshots often enough that many are cut short, too.
  sed -E -e 's/^commands = [0-9_]+/commands = 100_000/' -e 's/^interval = .*/interval = "20s"/' \
    "$TEST_ROOT/engine/follower.toml" >"$data/config/follower.toml"
}

kill_each_in_turn() {
  local name
  for name in "${processes[@]}"; do
    sleep "0.$((RANDOM % 10))"
    kill_and_wait "$data" "$name"
  done
}

# --- cycles, picked by the seed -----------------------------------------------------------------

declare -A killed=()
kills=0

is_ready() { [[ -f $data/run/$1.ready ]] && process_pid "$1"; }
all_ready() {
  local name
  for name in "${processes[@]}"; do is_ready "$name" || return 1; done
}
await_ready() { expect "$1 comes back (seed $seed, cycle $cycle)" wait_until 120 is_ready "$1"; }
runs_anew() { process_pid "$1" && [[ $REPLY != "$2" ]]; } # runs_anew NAME OLD_PID

# kill_now NAME: kill -9, if need be once it has been started. Its pid stays in `victim`.
kill_now() {
  expect "$1 is started (seed $seed, cycle $cycle)" wait_until 120 process_pid "$1"
  victim=$REPLY
  kill -KILL "$victim" || expect "$1 was there to be killed" false
  killed[$1]=$((${killed[$1]:-0} + 1))
  kills=$((kills + 1))
}

# One cycle: one process dies, or two at once, or one and then, while it comes back, the same
# again; and the next cycle begins when these are ready, or does not wait for that.
kill_cycle() {
  local name=${processes[RANDOM % ${#processes[@]}]} other=${processes[RANDOM % ${#processes[@]}]}
  local manner=$((RANDOM % 10)) pause=$((RANDOM % 500)) victim
  kill_now "$name"
  case $manner in
    0 | 1) [[ $other == "$name" ]] || kill_now "$other" ;;
    2 | 3)
      expect "$name is started again" wait_until 120 runs_anew "$name" "$victim"
      printf -v pause '0.%03d' "$pause"
      sleep "$pause"
      kill_now "$name"
      other=$name
      ;;
    4 | 5 | 6) return ;;
    *) other=$name ;;
  esac
  await_ready "$name"
  await_ready "$other"
}

kill_by_seed() {
  local cycle name begun=$EPOCHSECONDS
  RANDOM=$seed
  for ((cycle = 1; cycle <= cycles && failures == 0; cycle++)); do
    printf -v pause '0.%03d' $((RANDOM % 600))
    sleep "$pause"
    kill_cycle
    # So that everybody does something between deaths, and is not merely dead.
    if ((cycle % 25 == 0)); then
      expect "all come back" wait_until 120 all_ready
      printf '%d cycles, %d kills, %d s\n' "$cycle" "$kills" $((EPOCHSECONDS - begun))
    fi
  done
  for name in "${processes[@]}"; do await_ready "$name"; done
  printf 'seed %s: %d cycles, %d kills in %d s:' "$seed" $((cycle - 1)) "$kills" \
    $((EPOCHSECONDS - begun))
  for name in "${processes[@]}"; do printf ' %s %d' "$name" "${killed[$name]:-0}"; done
  printf '\n'
}

# How long each took to be ready, over all its starts, the first included.
print_starts() {
  sed -nE 's/^[0-9:]+ ([a-z]+) ready in ([0-9.]+) s .*/\1 \2/p' "$data/logs/saker.log" | sort |
    awk '{ n[$1]++; sum[$1] += $2; if ($2 > most[$1]) most[$1] = $2 }
      END { for (p in n) printf "%s: ready %d times, in %.1f s on average, %.1f s at most\n", p,
              n[p], sum[p] / n[p], most[p] }'
}

# --- what must be so afterwards -----------------------------------------------------------------

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
kill_each_in_turn
if ((cycles > 0)); then kill_by_seed; fi
expect "there are $trades_wanted trades" wait_until 1800 enough_trades
touch "$test_dir/stop"
wait "$traders"
status=$?
output=$(<"$test_dir/traders.log")
traders=
printf '%s\n' "$output"
expect_status "what customers were told is so" 0
wait "$browser"
status=$?
browser=
output=$(<"$test_dir/browser.log")
printf '%s\n' "$output"
expect_status "what the page said is so" 0
expect_no_other_deaths
print_starts
stop_venue "$data"
run "$saker" log audit "$data/log"
expect_status "the log is what was signed, through all of it" 0
start_venue "$data" "$port_base" gateway settlement || exit 1
expect_books_to_balance
printf '%s trades\n' "$(trades)"
