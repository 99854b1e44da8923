#!/usr/bin/env bash
# The programs over client/ against a running venue: example, saker admin, saker top.
# Runs long.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker
client=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}/client
data=$test_dir/data
random_port_base
port_base=$REPLY
venue=(--data "$data" --port-base "$port_base")

at_exit() { "$saker" down --data "$data" >/dev/null 2>&1; }
admin() { run "$client/saker-admin" "${venue[@]}" "$@"; }

expect_json() { # expect_json WHAT EXPRESSION: of j, the output read as JSON
  expect "$1: $2" /usr/bin/python3 -c \
    "import json, sys; j = json.loads(sys.argv[1]); sys.exit(not ($2))" "$output"
}

expect_admin() { # expect_admin STATUS TEXT WORD...
  admin "${@:3}"
  expect_status "admin ${*:3}" "$1"
  expect_output "admin ${*:3}" "$2"
}

# The id that the engine gives out next: one more than the venue file has.
next_id() { # next_id firm|group|account|session
  echo $(($(grep -c "^\[\[$1\]\]" "$TEST_ROOT/engine/venue.toml") + 1))
}

test_admin_changes_and_says_why_not() {
  expect_admin 0 "EUR " balances 8
  expect_admin 0 "Deposit accepted" deposit 9 EUR 12.50
  admin --json balances 9
  expect_json "the deposit is there" "j['balances'][0]['available'] == '1000012.50'"
  expect_admin 2 "not an amount of EUR" deposit 8 EUR 12.505
  expect_admin 2 "no market NOPE" halt NOPE
  expect_admin 1 "PERMISSION_DENIED" --session 4 deposit 8 EUR 1
  expect_admin 1 "Ids are given out in order" add-firm 40 nobody
  local firm group account session
  firm=$(next_id firm) group=$(next_id group) account=$(next_id account)
  session=$(next_id session)
  expect_admin 0 "AddFirm accepted" add-firm "$firm" newcomers
  expect_admin 0 "AddGroup accepted" add-group "$group" "$firm" newcomers
  expect_admin 0 "AddAccount accepted" add-account "$account" "$group" newcomer
  expect_admin 0 "key-$session.hex" add-session "$session" "$firm" newcomer \
    --right trade --right view
  expect "its secret is its owner's alone" \
    test "$(stat -c %a "$data/secrets/key-$session.hex")" = 600
  expect_admin 0 "GrantAccount accepted" grant "$session" "$account" --right trade --right view
  expect_admin 1 "denied" --session "$session" balances 9
  expect_admin 0 "at log sequence" --session "$session" balances "$account"
  expect_admin 0 "WithdrawHold accepted" withdraw 9 BTC 1.5 --reference 77
  admin --json balances 9
  expect_json "the withdrawal is held" "'1.50' in [b['held'] for b in j['balances']]"
  expect_admin 0 "WithdrawSettle accepted" withdraw-settle 77 void
  run "$client/saker-admin" --data "$data" --port-base 9 --timeout 300 markets
  expect_status "admin without a venue" 3
  expect_output "admin without a venue" "does not answer"
}

test_two_approvers() {
  expect_admin 0 "proposal 1" adjust 8 9 EUR 100
  expect_admin 1 "ADMIN_OWN_PROPOSAL" approve 1
  expect_admin 0 "accepted" --session 2 approve 1
  expect_admin 1 "ADMIN_ALREADY_APPROVED" --session 2 approve 1
  expect_admin 0 "accepted" --session 3 approve 1
  admin --json balances 9
  expect_json "carried out" "j['balances'][0]['available'] == '1000112.50'"
}

test_phases_and_kill_switch() {
  expect_admin 0 "accepted" --reason "exercise" halt KCN/EUR
  admin markets
  expect_output "the market is halted" "Halted"
  expect_admin 0 "accepted" open KCN/EUR
  expect_admin 0 "accepted" kill account 2
  wait_until 5 no_orders 2
  expect "kill switch took the orders out" no_orders 2
  expect_admin 0 "accepted" kill account 2 --lift
  expect_admin 0 "orders cancelled" cancel-all firm 2
}

no_orders() { # no_orders ACCOUNT
  admin --json orders "$1"
  [[ $output == "[]" ]]
}

test_top() {
  run "$client/saker-top" "${venue[@]}" --once --width 80 --height 24
  expect_status "top --once" 0
  for word in "KCN/EUR" "sequence" "p99" "follower" "bots" "live"; do
    expect_output "top --once" "$word"
  done
  run "$client/saker-top" "${venue[@]}" --format json
  expect_status "top --format json" 0
  expect_json "markets" "[m['symbol'] for m in j['markets']] == ['KCN/EUR', 'BTC/EUR', 'ETH/EUR']"
  expect_json "books are live" "all(m['live'] for m in j['markets'])"
  expect_json "engine and follower agree" \
    "j['engine']['alive'] and j['follower']['applied_sequence'] > 0"
  for how in quit term resize; do
    run /usr/bin/python3 -B "$TEST_ROOT/tests/client/screen.py" "$how" "$client/saker-top" \
      "${venue[@]}"
    expect_status "top on a terminal ($how)" 0
  done
  run "$client/saker-top" "${venue[@]}"
  expect_status "top without a terminal" 2
  expect_output "top without a terminal" "use --once"
}

test_example() {
  run "$client/example_quoter" "$data" "$port_base" 4
  expect_status "the example" 0
  expect_output "the example takes its orders out" "0 orders left"
}

small_venue "$data/config"
run "$saker" up "${venue[@]}" --only bots --detach
expect_status "up" 0
test_top
test_example
test_admin_changes_and_says_why_not
test_two_approvers
test_phases_and_kill_switch
