#!/usr/bin/env bash
# saker-bench wire over each transport, seconds long: every order answered, and the report whole in
# all its forms. Looks at counts and structure only, so it may run beside anything.
# Runs once.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
build=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}
here=$TEST_ROOT/tests/bench
# No cores are named and lateness is no failure: the machine is shared with other tests.
anywhere=(--client-cpu -1 --engine-cpu -1 --allow-late)
# A fast generator for a short time: both ends spin as long as a round takes. A round has fewer
# orders than the engine's reorder window, so that none comes too late, however long one side waits.
quick=(--rounds 2 --seconds 0.075 --warm-up 0.025 --rate 2500)

at_exit() { [[ -z ${echo_pid:-} ]] || kill -KILL "$echo_pid" 2>/dev/null; }

measure() { # measure NAME WORD...: a run whose report is then checked
  local name=$1
  shift
  random_port_base
  run "$build/bench/saker-bench" wire --port-base "$REPLY" "${anywhere[@]}" "${quick[@]}" \
    --out "$test_dir/$name" "$@"
  expect_status "$name" 0
}

check() { # check NAME LOADS
  run /usr/bin/python3 -B "$here/report.py" "$test_dir/$1" 2 "$2"
  expect_status "$1: the report" 0
}

test_sockets() {
  measure sockets --sweep 2 --throughput 0
  expect_output "the table says how" "UDP sockets over loopback"
  expect_output "and how it was not meant" "taken with --allow-late"
  check sockets 2
}

test_many_sessions() {
  measure sessions --sessions 50 --untagged --arrivals fixed --throughput 0
  expect_output "said out loud" UNTAGGED
  expect_output "compared with one" "many sessions to one"
  check sessions 0
}

test_one_in_flight() {
  # Long enough that one order is answered in it when the engine does not get a processor at once.
  local -a quick=(--rounds 2 --seconds 0.4 --warm-up 0.025)
  measure closed --closed --throughput 0.1 --window 8
  expect_output "and with a window" "closed loop, 8 in flight"
  run /usr/bin/python3 -B "$here/hlog.py" "$test_dir/closed/latency.hlog"
  expect_status "its histograms" 0
}

test_refusal() { # a generator that cannot be in time says so by its exit status
  random_port_base
  run "$build/bench/saker-bench" wire --port-base "$REPLY" --client-cpu -1 --engine-cpu -1 \
    "${quick[@]}" --throughput 0 --late-us 0.001
  expect_status "always late" 3
  expect_output "why" "REFUSED: orders: the generator was late"
}

test_dpdk() { # test_dpdk TRANSPORT WORD...
  measure "$@" --untagged --throughput 0
  expect_output "the table says how" "DPDK over $1"
  check "$1" 0
}

test_echo_alone() {
  random_port_base
  "$build/bench/saker-bench" echo serve --bind "127.0.0.1:$REPLY" >"$test_dir/echo.log" &
  echo_pid=$!
  run "$build/bench/saker-bench" echo ping --to "127.0.0.1:$REPLY" --rate 1000 --seconds 0.2 --json
  expect_status "echo" 0
  expect_output "nothing lost" '"lost":0'
  kill -TERM "$echo_pid"
  wait "$echo_pid"
  echo_pid=
}

test_sockets
test_many_sessions
test_one_in_flight
test_refusal
test_echo_alone
if [[ -x $build/engine/saker-engine-dpdk ]]; then
  test_dpdk memif --transport memif
  test_dpdk vhost --transport vhost
else
  run "$build/bench/saker-bench" wire --transport memif "${quick[@]}"
  expect_status "a build without DPDK refuses" 1
fi
