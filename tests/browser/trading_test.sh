#!/usr/bin/env bash
# A person in headless Chromium and the whole venue: signs up with the mailed code, claims test
# money, trades, cancels, withdraws; every amount is checked to the last digit, the console must
# stay silent. Then a thousand book changes a second, and a gateway that dies. The driver is
# frontend/e2e/trading.mjs. SAKER_PICTURES names a folder for screenshots.
# Runs once. It measures the page's paints, so it gets the machine to itself:
# Runs alone.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
data=$test_dir/data
random_port_base 45200
port_base=$REPLY

make_config() { # one person makes all the load of the test: no limits on how much
  mkdir -p "$data/config"
  sed -E 's/^(orders|requests|socket_requests)_per_second = [0-9_]+/\1_per_second = 0/' \
    "$TEST_ROOT/gateway/gateway.toml" >"$data/config/gateway.toml"
  # Nor an answer of 503, which a browser complains of, because the machine is busy with builds.
  sed -E 's/^(history_wait|outcome_wait) = "[^"]*"/\1 = "20s"/' \
    "$TEST_ROOT/accounts/accounts.toml" >"$data/config/accounts.toml"
}

make_config
if start_venue "$data" "$port_base" gateway settlement mail bots; then
  expect "the page is served" wait_for_http "http://127.0.0.1:$port_base/"
  words=()
  [[ -z ${SAKER_PICTURES:-} ]] || words=(--pictures "$SAKER_PICTURES")
  run node --experimental-websocket --no-warnings "$TEST_ROOT/frontend/e2e/trading.mjs" \
    "http://127.0.0.1:$port_base" "$data" "${words[@]}"
  printf '%s\n' "$output"
  expect_status "a person trades" 0
  stop_venue "$data"
fi
