#!/usr/bin/env bash
# The hot thread of saker-engine-dpdk leaves the kernel and the allocator alone: after a warm-up a
# million orders cause it no system call, page fault, allocation or voluntary context switch.
# Before that each of these is planted in it, and must be found.
# Runs once. Engine and client spin on a processor each, so others would be in the million's way:
# Measures alone.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/dpdk/flow.sh"
source "$TEST_ROOT/tests/dpdk/dpdk.sh"
watch_pid='' stream_pid=''
at_exit() {
  local pid
  for pid in $watch_pid $stream_pid; do kill -KILL "$pid" 2>/dev/null; done
  flow_at_exit
}

table=$test_dir/allocations

orders() { # orders COUNT: sends them and waits until they are decided
  local before
  before=$(grep -c '^decided' "$test_dir/stream.log")
  echo "$1" >&"$to_stream"
  wait_until 240 decided_more "$before"
}
decided_more() { # decided_more BEFORE
  [[ $(grep -c '^decided' "$test_dir/stream.log") -gt $1 ]] || ! kill -0 "$stream_pid" 2>/dev/null
}

# measure WARM COUNT: an engine, WARM orders, then COUNT orders while its hot thread is watched; in
# `seen` what it did.
measure() {
  local memif="id=0,socket=saker-hot-$$-$port_base" to_watch
  rm -rf -- "$flow_data"
  mkdir -p "$flow_data"
  { hot_table "net_memif0,role=server,$memif" 10.9.0.1; } | hot_prepare
  hot_table "net_memif0,role=client,$memif" 10.9.0.2 >"$flow_config/client.toml"
  truncate -s 0 "$table"
  truncate -s 64K "$table"
  start_engine "$build/engine/saker-engine-dpdk" env "${plant[@]}" SAKER_SPY_TABLE="$table" \
    LD_PRELOAD="$build/tests/dpdk/libhot_thread_spy.so" || return
  mkfifo "$test_dir/to_stream" "$test_dir/to_watch"
  : >"$test_dir/stream.log"
  "$build/tests/dpdk/order_stream" --dpdk "$flow_config/client.toml" --engine 10.9.0.1 \
    --port-base "$port_base" --secrets "$flow_data/secrets" <"$test_dir/to_stream" \
    >"$test_dir/stream.log" 2>&1 &
  stream_pid=$!
  exec {to_stream}>"$test_dir/to_stream"
  orders "$1"
  : >"$test_dir/watch.log"
  "$build/tests/dpdk/thread_watch" "$engine_pid" engine "$table" <"$test_dir/to_watch" \
    >"$test_dir/watch.log" 2>&1 &
  watch_pid=$!
  exec {to_watch}>"$test_dir/to_watch"
  wait_until 10 grep -q '^watching' "$test_dir/watch.log"
  orders "$2"
  exec {to_watch}>&-
  wait "$watch_pid"
  watch_pid=''
  seen=$(cat "$test_dir/watch.log")
  output=$(cat "$test_dir/stream.log" "$test_dir/watch.log")
  expect "all orders were decided" test "$(grep -c '^decided' "$test_dir/stream.log")" -eq 2
  # When a peer goes, memif's own thread unmaps the rings that the engine still polls, and now and
  # then the engine dies of it. So the client is only held until the engine has ended.
  kill -STOP "$stream_pid"
  stop_engine
  kill -KILL "$stream_pid"
  wait "$stream_pid" 2>/dev/null
  stream_pid=''
  exec {to_stream}>&-
  rm -f -- "$test_dir/to_stream" "$test_dir/to_watch"
}
plant=()

hot_table() { dpdk_table "$@" | sed 's/^one_core = .*/one_core = false/'; }
# The engine spins on a core of its own, as it would in production; nothing may wake anybody.
hot_prepare() {
  cat - >"$test_dir/table.toml"
  {
    printf '[loop]\nwait = "busy"\nlog_writer = "nap"\nlock_memory = true\n'
    cat "$test_dir/table.toml"
  } | flow_prepare
  sed -i 's/^policy = .*/policy = "memory"/' "$flow_config/engine.toml"
}

said() { sed -n "s/^$1 //p" <<<"$seen"; } # said NAME

random_port_base
port_base=$REPLY

# found PLANT WHAT...: with the plant these are found.
found() {
  local what
  plant=(SAKER_SPY_PLANT="$1")
  shift
  measure 2000 20000
  for what in "$@"; do
    expect "a planted ${plant[0]#*=} shows as $what" test "$(said "$what")" -gt 0
  done
}
found syscall system_calls
found allocation allocations
found sleep system_calls voluntary_switches
found fault minor_faults

plant=()
have_the_machine
measure 100000 1000000
grep -h '^decided 1000000' "$test_dir/stream.log"
tr '\n' ' ' <<<"$seen"
echo
for what in system_calls minor_faults major_faults voluntary_switches allocations; do
  expect "no $what" test "$(said "$what")" -eq 0
done
