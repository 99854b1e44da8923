# For the script tests here: source it after lib.sh. An engine of one's own over any transport, its
# follower, and the flow client against them.

build=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}
# What is tested here is the way of an order; a disk that others keep busy would decide how long it
# takes. tests/system/ tests the log on a real one.
flow_data=$(mktemp -d /dev/shm/saker-test.XXXXXX 2>/dev/null || mktemp -d "$test_dir/data.XXXXXX")
flow_config=$test_dir/config
follower_address=127.0.0.1
engine_pid='' follower_pid='' client_pid=''

flow_at_exit() {
  local pid
  for pid in $client_pid $follower_pid $engine_pid; do kill -KILL "$pid" 2>/dev/null; done
  rm -rf -- "$flow_data"
}

# flow_prepare: configuration of a small engine under policy "disk"; the rest of its text is read
# from standard input.
flow_prepare() {
  mkdir -p "$flow_config" "$flow_data"
  cp -- "$TEST_ROOT/tests/dpdk/venue.toml" "$flow_config/"
  sed "s/^address = .*/address = \"$follower_address\"/" "$TEST_ROOT/tests/dpdk/follower.toml" \
    >"$flow_config/follower.toml"
  flow_engine_toml >"$flow_config/engine.toml"
  cat >>"$flow_config/engine.toml"
}

flow_engine_toml() {
  cat <<'TOML'
[commit]
policy = "disk"
segment = "4MiB"
ring = "1MiB"
staging = "2MiB"
reserve = "1MiB"
keep_free = "1MiB"

[sessions]
heartbeat_min = "50ms"
restart_grace = "2s"
orders_per_second = 0
cancels_per_second = 0

TOML
}

# start_engine PROGRAM [COMMAND…]: in the background, with `COMMAND…` before it (nsenter …); waits
# until it says that it is ready.
start_engine() {
  local program=$1 said
  shift
  said=$(grep -c ': ready on ' "$test_dir/engine.log" 2>/dev/null)
  "$@" "$program" --config "$flow_config/engine.toml" --data "$flow_data" \
    --port-base "$port_base" >>"$test_dir/engine.log" 2>&1 </dev/null &
  engine_pid=$!
  output=
  if ! wait_until 60 engine_said_ready "${said:-0}"; then
    output=$(tail -n 30 "$test_dir/engine.log")
    expect "the engine becomes ready" false
    return 1
  fi
  kill -0 "$engine_pid" 2>/dev/null && return
  output=$(tail -n 30 "$test_dir/engine.log")
  expect "the engine keeps running" false
}

engine_said_ready() { # engine_said_ready BEFORE: once more than that, or it has died
  [[ $(grep -c ': ready on ' "$test_dir/engine.log" 2>/dev/null) -gt $1 ]] ||
    ! kill -0 "$engine_pid" 2>/dev/null
}

start_follower() { # start_follower [DATA]: in the network of the engine's management
  "${engine_in[@]}" "$build/engine/saker-follower" --config "$flow_config/follower.toml" \
    --data "${1:-$flow_data}" --port-base "$port_base" >>"$test_dir/follower.log" 2>&1 </dev/null &
  follower_pid=$!
}

stop_process() { # stop_process WHAT PID: SIGTERM; it must end with status 0
  kill -TERM "$2" 2>/dev/null
  wait "$2"
  status=$?
  output=$(tail -n 5 "$test_dir/$1.log")
  expect "the $1 stops cleanly" test "$status" -eq 0
}

stop_engine() { stop_process engine "$engine_pid" && engine_pid=''; }
stop_follower() { stop_process follower "$follower_pid" && follower_pid=''; }

# start_client COMMAND…: in the background, its output in flow.log. With --stay it holds its end of
# the wire, when it is done, until end_client.
start_client() {
  mkfifo "$test_dir/to_client"
  "$@" >"$test_dir/flow.log" 2>&1 <"$test_dir/to_client" &
  client_pid=$!
  exec {to_client}>"$test_dir/to_client"
}

end_client() {
  exec {to_client}>&-
  wait "$client_pid"
  status=$?
  client_pid=''
  rm -f -- "$test_dir/to_client"
  output=$(cat "$test_dir/flow.log")
  expect "the client: exit status 0" test "$status" -eq 0
}

# client_says PATTERN: a line of it, or it has died.
client_says() { grep -qsE "$1" "$test_dir/flow.log" || ! kill -0 "$client_pid" 2>/dev/null; }

# flow_client WORD…: the whole flow; when it asks for it, the engine is killed and started again
# with the words of `restart_with`. With --stay the client's end is left to end_client.
flow_client() {
  start_client "${flow_client_in[@]}" "$build/tests/dpdk/flow_client" \
    --secrets "$flow_data/secrets" --port-base "$port_base" "$@"
  if [[ " $* " == *" --restart "* ]] && wait_until 120 client_says 'restart the engine now'; then
    kill -KILL "$engine_pid"
    wait "$engine_pid" 2>/dev/null
    start_engine "${restart_with[@]}"
  fi
  if [[ " $* " == *" --stay "* ]]; then
    expect "the flow ends" wait_until 600 client_says '^flow: [0-9]+ checks'
  else
    end_client
  fi
  grep -E '^flow: (commands=|[0-9]+ checks)' "$test_dir/flow.log"
}
flow_client_in=()
engine_in=()
restart_with=()

flow_count() { sed -n "s/^flow: .*\b$1=\([0-9]*\).*/\1/p" "$test_dir/flow.log"; } # flow_count NAME

# expect_log_agrees LOG HASHES COMMANDS: the log is sound, its replay ends at these hashes, and it
# has as many commands of traders as they count.
expect_log_agrees() {
  local said
  run "$build/engine/saker-log" verify "$1"
  expect_status "the log is sound" 0
  run "$build/engine/saker-log" replay "$1"
  expect_status "the log can be replayed" 0
  expect "the engine names its hashes" test -n "$2"
  expect_output "the replay comes to them" "$2"
  said=$("$build/engine/saker-log" show "$1" --session 2 --session 3 --session 4 |
    grep -cE ' (NewOrder|CancelOrder|ReplaceOrder|MassCancel) ')
  output="$said commands in the log, $3 decided at the client"
  expect "each command is in the log once" test "$said" == "$3"
}

hashes_in() { # hashes_in FILE: the last ones that it names
  grep -oE 'chain head [0-9a-f]{16}, state hash [0-9a-f]{32}' "$1" | tail -n 1
}
