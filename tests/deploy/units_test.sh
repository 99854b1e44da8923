#!/usr/bin/env bash
# The systemd units: what install.sh lays out is what systemd accepts, one unit per process, with
# little that an intruder could use.
# Runs once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
root=$test_dir/root
units=$root/lib/systemd/system

source "$TEST_ROOT/deploy/launcher/processes.sh"

lay_out() {
  run "$TEST_ROOT/deploy/systemd/install.sh" "$root"
  expect_status "install.sh" 0
  # What ours refer to.
  cp -n /lib/systemd/system/*.target /lib/systemd/system/*.slice "$units/"
  mkdir -p "$root/usr/bin"
  cp /bin/true "$root/usr/bin/python3"
}

test_systemd_accepts_them() {
  local unit
  for unit in "$units"/saker-*.service "$units"/share-saker-* "$units/saker.target"; do
    run systemd-analyze verify --root="$root" "$(basename "$unit")"
    expect "verify $(basename "$unit")" test "$status $output" = "0 "
  done
}

test_one_per_process() {
  local name exec_line
  for name in "${process_names[@]}"; do
    expect "a unit for $name" test -f "$units/saker-$name.service"
    [[ -n ${process_program[$name]:-} ]] || continue
    exec_line=$(grep '^ExecStart=' "$units/saker-$name.service")
    output=$exec_line
    expect "$name starts its program" \
      contains "/usr/lib/saker/$(basename "${process_program[$name]}") --config /etc/saker/"
    expect "$name has its configuration" \
      test -f "$root/etc/saker/$(basename "${process_config[$name]}")"
    expect "$name has a user of its own" grep -q "^u saker-$name " \
      "$root/usr/lib/sysusers.d/saker.conf"
  done
  run ls "$units"
  for name in $(grep -oE '^saker-[a-z]+\.service$' <<<"$output"); do
    expect "$name is a process" test -n "$(grep -xF "${name:6:-8}" \
      <(printf '%s\n' "${process_names[@]}"))"
  done
}

test_little_exposed() {
  local unit
  for unit in "$units"/saker-*.service; do
    run systemd-analyze security --offline=true --root="$root" --threshold=25 "$(basename "$unit")"
    expect "exposure of $(basename "$unit") is low" test "$status" -eq 0
  done
}

test_secrets_go_where_they_are_needed() {
  local data=$test_dir/data who=$test_dir/bin service
  mkdir -p "$data"/secrets.d/{venue,engine,follower,accounts,settlement,marketdata,gateway,bots} \
    "$data/database/secrets" "$who"
  mkdir "$data/run"
  touch "$data/run/engine.counters" "$data"/secrets.d/engine/key-{1..21}.hex \
    "$data"/secrets.d/accounts/token-{verify.pub,signing.key} \
    "$data"/database/secrets/database-saker_{admin,identity,payments,settlement,marketdata}.conninfo
  # The users do not exist here: who owns the copies is not what this looks at.
  printf '#!/bin/bash\nexec /usr/bin/install "${@:5}"\n' >"$who/install"
  chmod +x "$who/install"
  for service in follower settlement accounts marketdata gateway bots; do
    run env PATH="$who:$PATH" "$TEST_ROOT/deploy/systemd/share_secrets.sh" "$service" "$data" \
      "$root/etc/saker"
    expect_status "secrets of $service" 0
  done
  expect_has "$data" gateway "key-6.hex service.token token-verify.pub"
  expect_has "$data" bots "$(grep -oE '^session = [0-9]+' "$TEST_ROOT/bots/bots.toml" |
    sed 's/session = \(.*\)/key-\1.hex/' | sort | paste -sd ' ')"
  expect_has "$data" settlement "database-saker_settlement.conninfo key-17.hex service.token"
  expect_has "$data" marketdata "database-saker_marketdata.conninfo service.token"
  expect_has "$data" accounts "database-saker_identity.conninfo database-saker_payments.conninfo\
 key-16.hex key-5.hex service.token token-signing.key token-verify.pub"
  expect "one service token for all" cmp "$data/secrets.d/gateway/service.token" \
    "$data/secrets.d/accounts/service.token"
}

expect_has() { # expect_has DATA SERVICE "FILE…": these and no others
  output=$(cd "$1/secrets.d/$2" && printf '%s ' *)
  expect "$2 has what it needs and nothing else" test "$output" = "$3 "
}

lay_out
test_systemd_accepts_them
test_one_per_process
test_little_exposed
test_secrets_go_where_they_are_needed
