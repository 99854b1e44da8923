# A venue for the tests of accounts, process by process, so that each can be killed by itself.
# Sourced after ../lib.sh. Everything lives in $data and at $base.

build=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}
data=$test_dir/data
random_port_base
base=$REPLY
declare -A pids=()

at_exit() {
  local name
  for name in "${!pids[@]}"; do kill -KILL "${pids[$name]}" 2>/dev/null; done
  "$TEST_ROOT/deploy/database/cluster.sh" "$data" stop >/dev/null 2>&1
  "$TEST_ROOT/deploy/database/cluster.sh" "$data" forget >/dev/null 2>&1
}

command_of() { # command_of NAME -> command
  case $1 in
    mail) command=(/usr/bin/python3 -B "$TEST_ROOT/deploy/mail/sink.py") ;;
    engine) command=("$build/engine/saker-engine" --config "$data/config/engine.toml") ;;
    follower) command=("$build/engine/saker-follower" --config "$data/config/follower.toml") ;;
    settlement)
      command=("$build/accounts/settlement/saker-settlement"
        --config "$data/config/settlement.toml")
      ;;
    accounts) command=("$build/accounts/saker-accounts" --config "$data/config/accounts.toml") ;;
    marketdata)
      command=("$build/marketdata/saker-marketdata" --config "$data/config/marketdata.toml")
      ;;
    gateway) command=("$build/gateway/saker-gateway" --config "$data/config/gateway.toml") ;;
  esac
  command+=(--data "$data" --port-base "$base")
}

# start NAME: starts it and waits until it says that it is ready.
start() {
  local name=$1 pipe=$data/run/$1.ready-pipe word=''
  local -a command
  command_of "$name"
  rm -f "$pipe"
  mkfifo "$pipe"
  "${command[@]}" --ready-fd 8 8>"$pipe" >>"$data/logs/$name.log" 2>&1 </dev/null &
  pids[$name]=$!
  disown
  while IFS= read -r word && [[ $word == progress ]]; do :; done < <(timeout 60 cat "$pipe")
  output=$(tail -n 20 "$data/logs/$name.log")
  expect "$name becomes ready" test "$word" = ready
}

kill_hard() { # kill_hard NAME
  kill -KILL "${pids[$1]}"
  while kill -0 "${pids[$1]}" 2>/dev/null; do sleep 0.02; done
  unset "pids[$1]"
}

kill_database() { # the postmaster and so, a moment later, all of its processes
  local pid
  read -r pid <"$data/postgres/data/postmaster.pid" ||
    read -r pid < <(cat "$data"/postgres/*/postmaster.pid)
  kill -KILL "$pid"
}
start_database() {
  run "$TEST_ROOT/tests/ready_cluster.sh" "$data"
  expect_status "a database" 0
  run "$TEST_ROOT/deploy/database/cluster.sh" "$data" start
  expect_status "the database starts" 0
}

prepare() { # prepare [SED_EXPRESSION for accounts.toml]: folders, configuration, database
  mkdir -p "$data"/{run,logs,config,secrets}
  chmod 755 "$test_dir" "$data"
  chmod 700 "$data/secrets"
  small_venue "$data/config"
  cp "$TEST_ROOT/engine/follower.toml" "$data/config/"
  cp "$TEST_ROOT/accounts/settlement/settlement.toml" "$data/config/"
  cp "$TEST_ROOT/marketdata/marketdata.toml" "$data/config/"
  sed 's/^directory = .*/directory = ""/' "$TEST_ROOT/gateway/gateway.toml" \
    >"$data/config/gateway.toml"
  sed "${1:-}" "$TEST_ROOT/accounts/accounts.toml" >"$data/config/accounts.toml"
  start_database
}

check() { # check CHECKS.py NAME...: runs expectations of a file
  local file=$1
  shift
  run env SAKER_DATA="$data" SAKER_BASE="$base" SAKER_ROOT="$TEST_ROOT" SAKER_BUILD="$build" \
    /usr/bin/python3 -B "$TEST_ROOT/tests/accounts/$file" "$@"
  expect_status "${file%.py} $*" 0
}
