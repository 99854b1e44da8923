#!/usr/bin/env bash
# Money that comes and goes, with real processes: limits, the faucet, withdrawals, the alarm; then
# deposits while accounts is killed again and again, and each other process once: every deposit
# must have happened exactly once, in the ledger and in the engine.
# Runs long.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/venue.sh"

kills=8 # of accounts, and meanwhile one of each other process
[[ -z ${SAKER_FULL:-} ]] || kills=80

prepare 's/^payout_delay = .*/payout_delay = "1s"/'
for process in mail engine follower settlement accounts; do start "$process"; done

check payments_checks.py the_faucet_gives_once_a_day deposits_have_limits \
  the_same_request_key_is_one_transfer withdrawals_are_held_then_paid_or_void \
  an_alarm_stops_withdrawals the_statement_adds_up

start marketdata
start gateway
check payments_checks.py the_history_of_orders_is_the_engines
for process in gateway marketdata; do kill_hard "$process"; done

kill_and_start() {
  kill_hard "$1"
  start "$1"
}

depositing() {
  env SAKER_DATA="$data" SAKER_BASE="$base" SAKER_ROOT="$TEST_ROOT" SAKER_BUILD="$build" \
    /usr/bin/python3 -B "$TEST_ROOT/tests/accounts/payments_checks.py" \
    depositing_while_everything_dies >"$data/depositing.log" 2>&1
}

depositing &
depositors=$!
expect "depositors have signed up" wait_until 60 test -f "$data/depositing"
others=(settlement engine follower)
deaths=0
while ((deaths < kills)) && kill -0 "$depositors" 2>/dev/null; do
  pause "0.$((RANDOM % 9 + 1))"
  kill_and_start accounts
  deaths=$((deaths + 1))
  if ((deaths == 3)); then
    kill_database
    pause 0.5
    start_database
  elif ((deaths % 2 == 0 && ${#others[@]} > 0)); then
    kill_and_start "${others[0]}"
    others=("${others[@]:1}")
  fi
done
touch "$data/depositing.stop"
wait "$depositors"
status=$? output=$(<"$data/depositing.log")
expect_status "depositing" 0
printf '%s, accounts killed %d times\n' "$output" "$deaths"
expect "accounts died often enough" test "$deaths" -eq "$kills"
expect "each other process died, too" test "${#others[@]}" -eq 0
check payments_checks.py every_deposit_happened_once
printf '%s\n' "$output"

run "$build/accounts/settlement/saker-reconcile" --data "$data" --port-base "$base"
expect_status "engine and ledger agree" 0
printf '%s\n' "$output" | tail -n 3
