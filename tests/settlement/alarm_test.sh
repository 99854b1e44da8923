#!/usr/bin/env bash
# What must never pass unnoticed: a ledger that was changed by hand, a journal of another history,
# a service without rights that it does not need, a route without its credentials. And trades that
# are taken back leave candles as if they had never been.
# Runs long.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/ledger.sh"
saker=$TEST_ROOT/saker
data=$test_dir/data
random_port_base 24000
port_base=$REPLY
export SAKER_RESTARTS_ALLOWED=1000 SAKER_RESTART_PAUSE_MS=50

admin() { run "$saker" admin --data "$data" "$@"; }
as_admin() { venue_psql "$data" "$1" saker_admin >/dev/null; }
blocked() { venue_psql "$data" "SELECT blocked FROM ledger.withdrawals"; }
alarm_is() { [[ $(venue_psql "$data" "SELECT kind FROM ledger.alarms
  WHERE cleared_at IS NULL" | sort | tr '\n' ' ') == "$1" ]]; }
alarm_stands() { [[ -n $(venue_psql "$data" "SELECT kind FROM ledger.alarms
  WHERE cleared_at IS NULL AND kind = '$1'") ]]; }
said() { tail -n +"$said_from" "$data/logs/settlement.log" | grep -qF "$1"; }
mark_log() { said_from=$(($(wc -l <"$data/logs/settlement.log") + 1)); }

test_rights() {
  local table word
  for table in entries trades busts; do
    for word in "UPDATE ledger.$table SET sequence = 1" "DELETE FROM ledger.$table" \
      "TRUNCATE ledger.$table"; do
      run venue_psql "$data" "$word" saker_settlement
      expect_status "$word" 1
      expect_output "$word" "permission denied"
    done
  done
  run venue_psql "$data" "SELECT count(*) FROM ledger.entries" saker_payments
  expect_status "accounts reads the ledger" 0
  run venue_psql "$data" "INSERT INTO ledger.alarms (kind, detail, sequence)
    VALUES ('fork', '', 1)" saker_payments
  expect_output "and writes nothing" "permission denied"
  run venue_psql "$data" "SELECT FROM ledger.entries" saker_marketdata
  expect_output "market data does not see it" "permission denied"
}

test_routes() {
  local route port
  for route in 5/internal/settlement 5/metrics 4/internal/candles 4/internal/trades \
    4/internal/statistics 4/metrics; do
    port=$((port_base + ${route%%/*}))
    output=$(http_status "http://127.0.0.1:$port/${route#*/}")
    expect "$route without the token" test "$output" = 401
    output=$(http_status "http://127.0.0.1:$port/${route#*/}" -H 'X-Saker-Service: 00')
    expect "$route with another one" test "$output" = 401
  done
  output=$(internal 4 "/internal/candles?market=1&interval=2m")
  expect_output "an interval that there is not" '"code":"INVALID_REQUEST"'
  output=$(internal 4 "/internal/candles?market=1&interval=1m&wish=1")
  expect_output "an unknown parameter" '"code":"INVALID_REQUEST"'
  output=$(internal 4 "/internal/trades?market=0")
  expect_output "market 0" '"code":"INVALID_REQUEST"'
  output=$(internal 4 "/internal/candles?market=77&interval=1d")
  expect_output "a market without trades" '"candles":[]'
}

test_bust() {
  local trade minute before after
  trade=$(venue_psql "$data" "SELECT max(trade_id) FROM marketdata.trades WHERE market = 1")
  output=$(internal 4 "/internal/trades?market=1&limit=1")
  expect_output "the newest trade is answered" "\"trade_id\":\"$trade\""
  minute="FROM marketdata.candles WHERE market = 1 AND interval_s = 86400"
  before=$(venue_psql "$data" "SELECT sum(trades), sum(volume_lots) $minute")
  admin --session 1 bust "$trade"
  expect_status "bust" 0
  admin --session 2 approve 1
  expect_status "first approval" 0
  admin --session 3 approve 1
  expect_status "second approval" 0
  expect "the bust is in the ledger" wait_until 10 sum_is "busts" \
    "SELECT count(*) FROM ledger.busts WHERE trade_id = $trade" 1
  after=$(venue_psql "$data" "SELECT sum(trades) + 1, sum(volume_lots) + (SELECT quantity_lots
    FROM marketdata.trades WHERE market = 1 AND trade_id = $trade) $minute")
  output="before $before, after $after"
  expect "the candle is as without it" test "$before" = "$after"
  output=$(internal 4 "/internal/trades?market=1&limit=5")
  expect "it is not answered any more" test "${output/\"$trade\"/}" = "$output"
  expect_no_difference "after the bust"
}

test_tampering() {
  sum_is "withdrawals are free" "SELECT blocked FROM ledger.withdrawals" f
  as_admin "UPDATE ledger.balances SET balance = balance + 1 WHERE account = 2 AND asset = 1"
  reconcile
  expect_status "one cent too many" 1
  expect_output "it names the account" "2          EUR"
  expect_output "and the difference" "-0.01"
  expect "an alarm stands" alarm_is "reconciliation "
  sum_is "withdrawals are blocked" "SELECT blocked FROM ledger.withdrawals" t
  as_admin "UPDATE ledger.balances SET balance = balance - 1 WHERE account = 2 AND asset = 1"
  expect_no_difference "when it is put right"
  expect "the alarm is taken back" alarm_is ""
  as_admin "UPDATE ledger.totals SET deposits = deposits - 7 WHERE asset = 2"
  reconcile
  expect_status "deposits that nobody made" 1
  expect_output "the total differs" "DIFFERS"
  as_admin "UPDATE ledger.totals SET deposits = deposits + 7 WHERE asset = 2"
  expect_no_difference "again"
}

test_contradiction() { # a balance that is wrong when the next leg comes
  mark_log
  as_admin "UPDATE ledger.balances SET balance = balance + 5 WHERE account = 8 AND asset = 1"
  kill_and_wait "$data" settlement
  admin deposit 8 EUR 1.00
  expect_status "a deposit" 0
  expect "settlement refuses" wait_until 20 said "contradiction at sequence"
  expect "it says what to do" said "events/rebuild.sh DATA ledger"
  # Beside one of its comparison at start, when that was made before the deposit.
  expect "an alarm stands" wait_until 10 alarm_stands contradiction
  run "$TEST_ROOT/events/rebuild.sh" "$data" ledger
  expect_status "rebuild" 0
  wait_until 60 cursor_reaches ledger 10
  expect_no_difference "after the rebuild"
  expect "no alarm is left" alarm_is ""
}

test_fork() { # as after a crash under the policy memory that took the log's end
  mark_log
  as_admin "UPDATE ledger.cursor SET epoch = 0"
  expect "settlement refuses" wait_until 30 said "somebody else has moved ledger.cursor"
  expect "and then sees the other history" wait_until 30 said \
    "the event journal has another history: what has been applied goes to sequence"
  expect "an alarm stands" wait_until 10 alarm_is "contradiction fork "
  expect "withdrawals are blocked" test "$(blocked)" = t
  run "$TEST_ROOT/events/rebuild.sh" "$data" ledger
  expect_status "rebuild" 0
  wait_until 60 cursor_reaches ledger 10
  expect_no_difference "after the rebuild"
  expect "no alarm is left" alarm_is ""
}

test_not_compared() {
  reconcile --session 8 --timeout 20
  expect_status "a session that sees its own account only" 3
  expect_output "it says why" "session 8 may not look at all accounts"
  expect "that raises no alarm" alarm_is ""
  reconcile --timeout never
  expect_status "wrong usage" 2
}

customers_begin_after() { # settlement.toml keeps orders from the first customer on
  local accounts from
  accounts=$(grep -c '^\[\[account\]\]' "$TEST_ROOT/engine/venue.toml")
  from=$(sed -n 's/^history_accounts_from = \([0-9]*\).*/\1/p' \
    "$TEST_ROOT/accounts/settlement/settlement.toml")
  output="$accounts accounts in venue.toml, orders kept from $from on"
  expect "orders are kept for customers alone" test "$from" -eq $((accounts + 1))
}

customers_begin_after
start_venue "$data" "$port_base" settlement marketdata bots || exit 1
expect "there are trades" wait_until 60 cursor_reaches marketdata 300
run test -n "$(venue_psql "$data" 'SELECT max(trade_id) FROM marketdata.trades WHERE market = 1')"
expect_status "in market 1" 0
test_rights
test_routes
stop_venue "$data"
start_venue "$data" "$port_base" settlement marketdata || exit 1
test_bust
test_tampering
test_contradiction
test_fork
test_not_compared
expect_rebuild_is_identical ledger
expect_rebuild_is_identical marketdata
