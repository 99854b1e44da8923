#!/usr/bin/env bash
# A backup of a venue while bots trade and customers pay in and out, restored into an empty folder:
# the log is the one that was, every payment has happened exactly once, engine and ledger agree, and
# life goes on in a new epoch. What is damaged, cut or not empty is refused.
# Runs once.
# Runs long.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker
data=$test_dir/data
copy=$test_dir/restored
random_port_base
port_base=$REPLY
log_tool=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}/engine/saker-log

start_busy_venue() { # customers may pay as often as they like; a withdrawal is paid after 1 s
  small_venue "$data/config"
  sed -E 's/^((orders|requests|socket_requests)_per_second) = [0-9_]+/\1 = 0/' \
    "$TEST_ROOT/gateway/gateway.toml" >"$data/config/gateway.toml"
  sed -E 's/^payout_delay = "[^"]*"/payout_delay = "1s"/' "$TEST_ROOT/accounts/accounts.toml" \
    >"$data/config/accounts.toml"
  start_venue "$data" "$port_base" gateway settlement notary mail bots || exit 1
  /usr/bin/python3 -B "$TEST_ROOT/tests/system/payers.py" "$data" "$port_base" "$test_dir/stop" \
    >"$test_dir/payers.log" 2>&1 &
  payers=$!
  expect "customers begin" wait_until 60 test -e "$test_dir/stop.ready"
  expect "money moves" wait_until 30 more_payments_than 10
}

more_payments_than() { (($(venue_psql "$data" "SELECT count(*) FROM payments.outbox") > $1)); }

sequence_of() { sed -n 's/.* up to sequence \([0-9]*\).*/\1/p' <<<"$output" | head -n 1; }

take_backups() { # two, while everything moves; the second is the one that is restored
  local name before
  for name in first second; do
    before=$(venue_psql "$data" "SELECT count(*) FROM payments.outbox")
    run "$saker" backup --data "$data" --to "$test_dir/$name.tar.gz"
    expect_status "backup" 0
    expect_output "the secrets in it are named" "IT HOLDS ALL SECRETS"
    sequence=$(sequence_of)
    expect "payments go on" wait_until 30 more_payments_than "$before"
  done
  expect "for its owner alone" test "$(stat -c %a "$test_dir/second.tar.gz")" = 600
  run "$saker" backup --data "$data" --to "$test_dir/second.tar.gz"
  expect_output "an existing file" "exists already; nothing was written"
  expect "trading went on" test "$("$log_tool" end "$data/log" --live)" -gt "$sequence"
  expect "nothing is left beside it" test -z "$(find "$test_dir" -name '.saker-backup*')"
}

refuse() { # refuse WHAT WORDS FILE
  run "$saker" restore "$3" --data "$test_dir/refused"
  expect_status "restore of $1" 1
  expect_output "restore of $1" "$2"
  expect "$1 leaves nothing" test -z "$(ls -A "$test_dir/refused")"
}

refuse_bad_files() {
  local unpacked=$test_dir/unpacked
  head -c $(($(stat -c %s "$test_dir/first.tar.gz") / 2)) "$test_dir/first.tar.gz" \
    >"$test_dir/cut.tar.gz"
  refuse "half a file" "not all of it" "$test_dir/cut.tar.gz"
  mkdir "$unpacked"
  tar -xzf "$test_dir/first.tar.gz" -C "$unpacked"
  printf 'x' >>"$unpacked/all/database.sql"
  tar -czf "$test_dir/bad.tar.gz" -C "$unpacked" all
  refuse "a changed file" "is damaged; nothing was restored" "$test_dir/bad.tar.gz"
  rm -r "$unpacked"
  mkdir "$unpacked"
  tar -xzf "$test_dir/first.tar.gz" -C "$unpacked"
  : >"$unpacked/all/log/log-00000000000000ff.seg"
  tar -czf "$test_dir/more.tar.gz" -C "$unpacked" all
  refuse "a file with more in it" "what its manifest does not name" "$test_dir/more.tar.gz"
  run "$saker" restore "$test_dir/second.tar.gz" --data "$data"
  expect_output "a folder in use" "is not empty; nothing was restored"
}

state_at() { # state_at DATA: of the log there, at the backup's end
  "$log_tool" replay "$1/log" --to "$sequence" | sed -n "s/^at $sequence: //p"
}

is() { # is WHAT SQL VALUE
  output=$(venue_psql "$copy" "$2")
  expect "$1: $output must be $3" test "$output" = "$3"
}
no_open_payments() {
  [[ $(venue_psql "$copy" "SELECT count(*) FROM payments.outbox WHERE state = 'open'") == 0 ]]
}
nothing_held() {
  [[ $(venue_psql "$copy" "SELECT count(*) FROM payments.transfers
    WHERE status IN ('pending', 'held')") == 0 ]]
}
ledger_is_there() {
  [[ $(venue_psql "$copy" "SELECT count(*) FROM ledger.cursor
    WHERE sequence >= $sequence") == 1 ]]
}

expect_payments_once() {
  # Either way round: a payment without its entry, an entry without its payment, one with two.
  is "payments and entries that do not fit" "SELECT count(*) FROM
    (SELECT transfer_id, account_id, amount, kind = 'withdrawal' AS out FROM payments.transfers
      WHERE status IN ('completed', 'paid')) t FULL JOIN
    (SELECT reference, account, abs(amount) AS amount, reason = 4 AS out, count(*) AS times
       FROM ledger.entries WHERE reason IN (3, 4) AND reference > 1000000000 AND account <> 0
       GROUP BY 1, 2, 3, 4) e
    ON t.transfer_id = e.reference AND t.account_id = e.account AND t.amount = e.amount
      AND t.out = e.out
    WHERE t.transfer_id IS NULL OR e.times IS DISTINCT FROM 1" 0
  is "there are payments" "SELECT count(*) > 10 FROM payments.transfers
    WHERE status IN ('completed', 'paid')" t
  is "customers" "SELECT count(*) FROM identity.users" 3
}

start_busy_venue
take_backups
touch "$test_dir/stop"
wait "$payers"
status=$? output=$(<"$test_dir/payers.log")
expect_status "customers" 0
stop_venue "$data"
refuse_bad_files

run "$saker" restore "$test_dir/second.tar.gz" --data "$copy" --port-base "$port_base"
expect_status "restore" 0
expect_output "the heads are compared" "OK: nothing was changed since it was signed"
output="$(state_at "$data") | $(state_at "$copy")"
expect "the state is the one that was" test "$(state_at "$data")" = "$(state_at "$copy")"
expect "there is a state" test -n "$(state_at "$copy")"
start_venue "$copy" "$port_base" settlement accounts notary || exit 1
output=$(<"$copy/logs/engine.log")
expect_output "a new epoch" "restored from a backup, what came after it is lost: epoch 2 begins"
expect "the ledger is made anew" wait_until 60 ledger_is_there
expect "payments under way come to an end" wait_until 60 no_open_payments
expect "withdrawals are paid" wait_until 60 nothing_held
expect_payments_once
run "$saker" reconcile --data "$copy" --entries
expect_status "engine and ledger" 0
expect_output "engine and ledger" "no account differs"
stop_venue "$copy"
# The next start is an ordinary one; and a venue that is stopped can be kept, too.
start_venue "$copy" "$port_base" engine || exit 1
output=$(<"$copy/logs/engine.log")
expect "no further epoch" grep -q '^saker-engine: epoch 2, ' "$copy/logs/engine.log"
stop_venue "$copy"
run "$saker" backup --data "$copy" --to "$test_dir"
expect_status "backup of a stopped venue" 0
expect "all of its log is in it" test "$(sequence_of)" = "$("$log_tool" end "$copy/log")"
run "$saker" log audit "$copy/log"
expect_status "its heads go on" 0
