#!/usr/bin/env bash
# Evidence of a running venue: heads are signed while bots trade, through kill -9 of the notary and
# of the engine; single records are proved and checked; a log that is damaged, cut or another one
# is told from the one that was signed; export and diff say what is in a log and where two part.
# Runs long.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
build=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}
tool=$build/engine/saker-log
data=$test_dir/data
random_port_base
port_base=$REPLY

heads() { # heads DATA: how many there are
  local bytes
  bytes=$(stat -c %s "$1/evidence/heads" 2>/dev/null || printf 0)
  printf '%s' $((bytes / 224))
}
more_heads_than() { (($(heads "$data") > $1)); }

start_with_bots() {
  small_venue "$data/config"
  sed 's/^interval = .*/interval = "100ms"/' "$TEST_ROOT/engine/notary.toml" \
    >"$data/config/notary.toml"
  start_venue "$data" "$port_base" notary bots || exit 1
  expect "heads are signed" wait_until 30 more_heads_than 3
}

# As an operator asks, of the data directory and while everything runs.
ask_the_launcher() {
  run "$TEST_ROOT/saker" log audit --data "$data"
  expect_status "./saker log audit" 0
  run "$TEST_ROOT/saker" log prove 2 --data "$data"
  expect_status "./saker log prove" 0
  printf '%s\n' "$output" >"$test_dir/asked.toml"
  run "$TEST_ROOT/saker" log check "$test_dir/asked.toml" \
    --public-key "$data/evidence/public_key.hex"
  expect_output "./saker log check" "PROVED: record 2 "
  run "$TEST_ROOT/saker" log show --from 2 --to 2 --data "$data"
  expect_status "./saker log show" 0
}

go_on_through_kills() {
  local name before
  for name in notary engine notary; do
    before=$(heads "$data")
    kill_and_wait "$data" "$name"
    expect "after kill -9 of $name more heads are signed" \
      wait_until 30 more_heads_than $((before + 2))
  done
}

expect_audit() { # expect_audit WHAT STATUS WORDS [DIR]
  run "$tool" audit "${4:-$data/log}"
  expect_status "audit of $1" "$2"
  expect_output "audit of $1" "$3"
}

prove_and_check() {
  local last key=$data/evidence/public_key.hex proof=$test_dir/proof.toml sequence
  last=$("$tool" audit "$data/log" | sed -n 's/.*up to record \([0-9]*\)$/\1/p')
  for sequence in 1 $((last / 2)) "$last"; do
    run "$tool" prove "$data/log" "$sequence"
    expect_status "proof of record $sequence" 0
    printf '%s\n' "$output" >"$proof"
    run "$tool" check "$proof" --public-key "$key"
    expect_status "check of record $sequence" 0
    expect_output "it names the record" "PROVED: record $sequence "
  done
  run "$tool" show "$data/log" --from "$last" --to "$last"
  local line=$output
  run "$tool" check "$proof" --public-key "$(<"$key")"
  expect_output "it shows the record, and the key may be given as digits" "$line"
  sed -i 's/^payload = "../payload = "ee/' "$proof"
  run "$tool" check "$proof" --public-key "$key"
  expect_status "a changed proof" 1
  expect_output "a changed proof" "NOT PROVED"
  run "$tool" prove "$data/log" $((last + 1000000))
  expect_status "proof of what is not there" 3
}

tell_logs_apart() {
  local copy=$test_dir/copy
  cp -r "$data" "$copy"
  run "$tool" diff "$data/log" "$copy/log"
  expect_status "diff of equal logs" 0
  start_venue "$data" "$port_base" notary bots || exit 1
  expect "trading goes on" wait_until 30 more_heads_than $(($(heads "$copy") + 2))
  stop_venue "$data"
  run "$tool" diff "$copy/log" "$data/log"
  expect_status "diff of a log and its beginning" 1
  expect_output "diff of a log and its beginning" "where $copy/log ends; $data/log has "
  expect_audit "the longer log" 0 "OK: nothing was changed"
  # The heads of the longer one over the shorter one: records were lost since they were signed.
  cp "$data/evidence/heads" "$copy/evidence/heads"
  expect_audit "a log that lost its end" 1 "covers records that the log does not have" "$copy/log"
}

find_damage() { # one byte of a record in the middle
  local segment=$data/log/log-0000000000000000.seg at
  at=$(grep -abo SKRL "$segment" | sed -n '100s/:.*//p')
  printf '\377' | dd of="$segment" bs=1 seek=$((at + 66)) conv=notrunc status=none
  expect_audit "a damaged log" 1 "CORRUPTION: segment log-0000000000000000.seg"
}

expect_export() {
  run "$tool" export "$data/log"
  expect_status "export" 0
  printf '%s\n' "$output" >"$test_dir/export.json"
  run /usr/bin/python3 -c 'import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
assert [r["sequence"] for r in records] == list(range(1, len(records) + 1))
assert all(bytes.fromhex(r["header"])[:4] == b"SKRL" for r in records)
assert {"NewOrder", "Genesis"} <= {r["kind"] for r in records}, {r["kind"] for r in records}
print(len(records))' "$test_dir/export.json"
  expect_status "each line is JSON, each record is there" 0
  local exported=$output
  run "$tool" verify "$data/log"
  expect_output "as many as verify counts" "($exported)"
}

start_with_bots
ask_the_launcher
go_on_through_kills
stop_venue "$data"
expect_audit "the log" 0 "OK: nothing was changed since it was signed"
prove_and_check
expect_export
tell_logs_apart
find_damage
