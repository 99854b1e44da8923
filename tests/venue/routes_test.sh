#!/usr/bin/env bash
# Walks the very table that dispatches requests, in every service: see routes.py.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
data=$test_dir/data
build=${SAKER_BUILD_DIR:-$TEST_ROOT/build/${SAKER_BUILD_KIND:-release}}
random_port_base
port_base=$REPLY
if start_venue "$data" "$port_base" gateway settlement notary mail; then
  expect "a head is signed" wait_until 30 test -s "$data/evidence/heads"
  run /usr/bin/python3 -B "$TEST_ROOT/tests/venue/routes.py" "$data" "$port_base" "$build"
  printf '%s\n' "$output"
  expect_status "every route asks for its credentials" 0
  stop_venue "$data"
fi
