#!/usr/bin/env bash
# deploy/database/cluster.sh: as root below a closed folder, as an ordinary user, with a path too
# long for a socket, two side by side, after kill -9 of the server, moved elsewhere; migrations.
# Runs once.
# Runs long.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
clusters=()

cluster() { # cluster DATA WORD...: as the current user
  local data=$1
  shift
  run "$TEST_ROOT/deploy/database/cluster.sh" "$data" "$@"
}

start() { # start DATA
  clusters+=("$1")
  cluster "$1" start
  expect_status "start in $1" 0
}

at_exit() {
  local data
  for data in "${clusters[@]}"; do
    "$TEST_ROOT/deploy/database/cluster.sh" "$data" stop >/dev/null 2>&1
    "$TEST_ROOT/deploy/database/cluster.sh" "$data" forget >/dev/null 2>&1
  done
}

sql() { # sql DATA ROLE STATEMENT
  cluster "$1" psql "$2" -q -A -t -v ON_ERROR_STOP=1 -c "$3"
}

expect_sql() { # expect_sql DATA ROLE STATEMENT ROWS
  sql "$1" "$2" "$3"
  expect "$2: $3" test "$status $output" = "0 $4"
}

expect_refused() { # expect_refused DATA ROLE STATEMENT
  sql "$1" "$2" "$3"
  expect_status "$2 must not: $3" 1
  expect_output "$2 must not: $3" "permission denied"
}

server_pid() { head -n 1 "$1/postgres/data/postmaster.pid"; }

test_closed_folder() { # what a data directory below /root is to the user postgres
  closed=$test_dir/closed/data
  mkdir -m 700 "$test_dir/closed"
  start "$closed"
  expect_sql "$closed" saker_identity "SELECT current_user" saker_identity
  expect "secrets are their owner's alone" \
    test "$(stat -c %a "$closed"/secrets "$closed"/secrets/* | sort -u | tr '\n' ' ')" = "600 700 "
  output=$(ss -ltnpH 2>/dev/null | grep "pid=$(server_pid "$closed"),")
  expect "no network port" test -z "$output"
  run env PGPASSWORD=wrong psql -h "$closed/postgres/socket" -d saker -U saker_identity -c ''
  expect_output "a wrong password" "password authentication failed"
  expect_sql "$closed" saker_admin "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name)
    FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')" \
    "fsync=on full_page_writes=on synchronous_commit=on"
}

test_rights() {
  expect_sql "$closed" saker_reader "SELECT count(*) > 0 FROM ledger.entries" f
  expect_refused "$closed" saker_identity "SELECT * FROM ledger.entries"
  expect_refused "$closed" saker_settlement "DELETE FROM ledger.entries"
  expect_refused "$closed" saker_settlement "UPDATE ledger.entries SET leg = 1"
  expect_refused "$closed" saker_payments "INSERT INTO ledger.entries DEFAULT VALUES"
  expect_refused "$closed" saker_marketdata "CREATE TABLE marketdata.mine (a int)"
  sql "$closed" saker_reader "CREATE TABLE public.mine (a int)"
  expect_status "the reader changes nothing" 1
}

test_killed_server() {
  local old
  old=$(server_pid "$closed")
  sql "$closed" saker_admin "CREATE TABLE public.kept AS SELECT 42 AS answer"
  "$TEST_ROOT/deploy/database/cluster.sh" "$closed" psql saker_admin -c 'SELECT pg_sleep(60)' \
    >/dev/null 2>&1 &
  sleep 0.3
  kill -KILL "$old"
  start "$closed"
  expect "another server" test "$(server_pid "$closed")" != "$old"
  expect_sql "$closed" saker_admin "SELECT answer FROM public.kept" 42
  run timeout 60 "$TEST_ROOT/deploy/database/cluster.sh" "$closed" run
  expect_status "a second server on the same files" 1
  expect_output "a second server on the same files" "already runs"
}

# It has its pid file and its socket, and nobody answers there any more.
test_dying_server() {
  local old
  old=$(server_pid "$closed")
  kill -STOP "$old"
  (sleep 1 && kill -KILL "$old") &
  start "$closed"
  wait $!
  expect "another server than the dying one" test "$(server_pid "$closed")" != "$old"
  expect_sql "$closed" saker_admin "SELECT answer FROM public.kept" 42
}

test_second_cluster_with_a_long_path() {
  local long name
  name="$(printf 'long%.0s' {1..25}) 'quoted', with a comma"
  long="$test_dir/$name"
  start "$long"
  run psql "$(cat "$long/secrets/database-saker_payments.conninfo")" -A -t -c "SELECT current_user"
  expect "its connection string works" test "$output" = saker_payments
  expect_sql "$closed" saker_admin "SELECT answer FROM public.kept" 42
  cluster "$long" stop
  expect_status "stop" 0
  mv "$long" "$test_dir/moved"
  TMPDIR=/tmp cluster "$long" forget
  start "$test_dir/moved"
  expect_sql "$test_dir/moved" saker_marketdata "SELECT current_user" saker_marketdata
  expect "connection strings follow" \
    grep -q "host='$test_dir/moved/" "$test_dir/moved/secrets/database-saker_marketdata.conninfo"
}

test_lost_secret() {
  rm "$closed/secrets/database-saker_payments.conninfo"
  cluster "$closed" migrate
  expect_status "migrate" 0
  expect_sql "$closed" saker_payments "SELECT current_user" saker_payments
}

test_ordinary_user() {
  [[ $EUID -eq 0 ]] || return 0 # then everything above was as an ordinary user
  local folder=$test_dir/nobody
  mkdir "$folder" && chown nobody "$folder" && chmod 711 "$test_dir"
  run setpriv --reuid=nobody --regid=nogroup --clear-groups \
    "$TEST_ROOT/deploy/database/cluster.sh" "$folder/data" start
  if [[ $output == *"Permission denied"* ]]; then
    # The work tree itself is closed to others: a copy of the scripts is not.
    cp -r "$TEST_ROOT/deploy/database" "$folder/scripts" && chown -R nobody "$folder/scripts"
    run setpriv --reuid=nobody --regid=nogroup --clear-groups \
      "$folder/scripts/cluster.sh" "$folder/data" start
  fi
  clusters+=("$folder/data")
  expect_status "start as nobody" 0
  expect "the server is nobody's" \
    test "$(stat -c %U "/proc/$(server_pid "$folder/data")")" = nobody
}

# --- migrations --------------------------------------------------------------------------------

migration() { printf '%s\n' "$2" >"$test_dir/migrations/$1"; } # migration NAME SQL

test_migrations() {
  mkdir "$test_dir/migrations"
  cp "$TEST_ROOT"/deploy/database/migrations/*.sql "$test_dir/migrations/"
  export SAKER_MIGRATIONS=$test_dir/migrations
  migration 900_first.sql "CREATE TABLE public.first (a int); INSERT INTO public.first VALUES (1);"
  cluster "$closed" migrate
  expect_output "a new migration" "applied 900_first.sql"
  cluster "$closed" migrate
  expect "once only" test "$status $output" = "0 "
  migration 901_wrong.sql "CREATE TABLE public.half (a int); SELECT 1 / 0;"
  cluster "$closed" migrate
  expect_status "a migration that fails" 1
  expect_sql "$closed" saker_admin "SELECT to_regclass('public.half') IS NULL" t
  migration 901_wrong.sql "COMMIT;"
  cluster "$closed" migrate
  expect_output "a migration that ends its transaction" "must not end it"
  rm "$test_dir/migrations/901_wrong.sql"
  migration 899_late.sql "SELECT 1;"
  cluster "$closed" migrate
  expect_output "a number that has passed" "comes before number 900"
  rm "$test_dir/migrations/899_late.sql"
  migration 900_first.sql "CREATE TABLE public.first (a bigint);"
  cluster "$closed" migrate
  expect_status "a changed migration" 1
  expect_output "a changed migration" "an applied migration never changes"
  rm "$test_dir/migrations/900_first.sql"
  cluster "$closed" migrate
  expect_output "an older version of the venue" "does not know"
  migration latest.sql "SELECT 1;"
  cluster "$closed" migrate
  expect_output "a name without a number" "NNN_name.sql"
  unset SAKER_MIGRATIONS
}

test_closed_folder
test_rights
test_killed_server
test_dying_server
test_second_cluster_with_a_long_path
test_lost_secret
test_ordinary_user
test_migrations
