# For the script tests here: source it after lib.sh. A venue with bots, and a program of
# frontend/e2e/ that acts as a person on its page.

data=$test_dir/data

make_config() { # one person makes all the load of the test: no limits on how much
  mkdir -p "$data/config"
  sed -E 's/^(orders|requests|socket_requests)_per_second = [0-9_]+/\1_per_second = 0/' \
    "$TEST_ROOT/gateway/gateway.toml" >"$data/config/gateway.toml"
  # Nor an answer of 503, which a browser complains of, because the machine is busy with builds.
  # The wait for a withdrawal to be paid is one for another process's timer, whatever its length.
  sed -E -e 's/^(history_wait|outcome_wait) = "[^"]*"/\1 = "20s"/' \
    -e 's/^payout_delay = "[^"]*"/payout_delay = "1s"/' "$TEST_ROOT/accounts/accounts.toml" \
    >"$data/config/accounts.toml"
}

person_acts() { # person_acts WHAT PROGRAM [WORD...]
  local what=$1 program=$2 url
  shift 2
  random_port_base
  url=http://127.0.0.1:$REPLY
  make_config
  start_venue "$data" "$REPLY" gateway settlement mail bots || return
  expect "the page is served" wait_for_http "$url/"
  run node --experimental-websocket --no-warnings "$TEST_ROOT/frontend/e2e/$program" \
    "$url" "$data" "$@"
  printf '%s\n' "$output"
  expect_status "$what" 0
  stop_venue "$data"
}
