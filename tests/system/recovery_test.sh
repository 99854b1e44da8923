#!/usr/bin/env bash
# docs/recovery.md, instruction by instruction: a venue is broken in the way that a section speaks
# of, it must say what the section says it says, and the section's commands, as they stand there,
# must mend it. A block of commands that no failure here or in host_test.sh leads to fails the test.
# Runs once.
# Runs long.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker
DATA=$test_dir/data
BACKUP=$test_dir/backup.tar.gz
export DATA BACKUP
random_port_base
port_base=$REPLY
source "$TEST_ROOT/tests/system/guide.sh"

kill_all() { # as a power failure does
  local name
  local -a pids=()
  for name in supervisor engine notary follower settlement accounts marketdata gateway bots mail \
    postgres; do
    pids+=("$(venue_pid "$DATA" "$name")")
  done
  kill_until_gone "${pids[@]}"
}

end_of_log() { # SEGMENT OFFSET behind the last record
  "$saker" log verify "$DATA/log" | sed -n 's/.*segment \([^,]*\), offset \([0-9]*\)$/\1 \2/p'
}

# Twice, at the start: the first backup holds less than the whole first segment.
begin() {
  small_venue "$DATA/config"
  # A snapshot at every stop, however little has happened.
  sed -E 's/^min_commands = [0-9_]+/min_commands = 1/' "$TEST_ROOT/engine/follower.toml" \
    >"$DATA/config/follower.toml"
  start_venue "$DATA" "$port_base" gateway settlement notary mail bots || exit 1
  do_block "Before anything fails"
  says "backup" "up to sequence"
}

a_process_died() {
  kill_and_wait "$DATA" engine
  log_says saker "was killed by SIGKILL"
  says "saker.log" "restarting engine (1 of at most 5 within 60 s)"
  do_block "A process died"
  expect_output "status" "ready"
}

the_power_failed() {
  kill_all
  do_block "The power failed, or the machine was reset"
  says "reconcile" "no account differs"
  log_says engine "recovered sequence"
}

the_log_is_torn() {
  local segment offset
  stop_venue "$DATA"
  read -r segment offset < <(end_of_log)
  # Part of a batch, and the mark that the power failure left behind.
  rm "$DATA/log/durable.mark"
  head -c 700 /dev/urandom | dd of="$DATA/log/$segment" bs=1 seek="$offset" conv=notrunc \
    status=none
  do_block "The log ends in the middle of a write"
  says "verify" "TORN TAIL"
  log_says engine "cut a torn tail at sequence"
}

the_log_is_damaged() {
  local at
  stop_venue "$DATA"
  rm "$BACKUP"
  run "$saker" backup --data "$DATA" --to "$BACKUP"
  at=$(grep -abo SKRL "$DATA/log/log-0000000000000000.seg" | sed -n '100s/:.*//p')
  printf '\377' | dd of="$DATA/log/log-0000000000000000.seg" bs=1 seek=$((at + 66)) \
    conv=notrunc status=none
  run "$saker" up --data "$DATA" --detach --only engine
  expect_status "a start on a damaged log" 1
  says "engine" "the log is corrupt at segment 0 offset"
  says "engine" "restore it from a copy"
  do_block "The log is damaged before its end"
  says "verify" "CORRUPTION"
  says "audit" "OK: nothing was changed since it was signed"
}

a_snapshot_is_damaged() {
  local snapshot name
  stop_venue "$DATA"
  run "$saker" log replay "$DATA/log" --check
  says "replay" "agrees with replay from Genesis"
  for snapshot in "$DATA"/snapshots/snapshot-*.snap; do
    printf '\377' | dd of="$snapshot" bs=1 seek=3000 conv=notrunc status=none
  done
  run "$saker" up --data "$DATA" --detach --only follower
  expect_status "a start with a damaged snapshot" 0
  for name in engine follower; do log_says "$name" "passed over: "; done
  do_block "A snapshot is lost or damaged"
  says "replay" "SNAPSHOT: snapshot-"
}

the_follower_is_lost() {
  do_block "The follower or its event journal is lost"
  says "reconcile" "no account differs"
  output=$(<"$DATA/logs/follower.log")
  expect_output "follower.log" "replaying the log from Genesis"
}

differs() { ! "$saker" reconcile --data "$DATA" >/dev/null 2>&1; }
agrees() { "$saker" reconcile --data "$DATA" >/dev/null 2>&1; }

the_ledger_differs() {
  local section="Engine and ledger differ, or an alarm is raised"
  # One that nobody trades with: settlement writes the others anew.
  venue_psql "$DATA" "UPDATE ledger.balances SET balance = balance + 7 WHERE (account, asset) =
    (SELECT account, asset FROM ledger.balances WHERE account <> 0 ORDER BY sequence, account, asset
       LIMIT 1)" saker_admin >/dev/null
  expect "reconcile sees it" wait_until 30 differs
  do_block "$section" 1
  do_block "$section" 2
  expect "the ledger is right again" wait_until 60 agrees
  do_block "$section" 3
}

the_heads_are_lost() {
  do_block "The notary's heads or its key are lost"
  says "audit" "OK: nothing was changed since it was signed"
}

the_machine_is_lost() {
  stop_venue "$DATA"
  rm "$BACKUP"
  run "$saker" backup --data "$DATA" --to "$BACKUP"
  run "$saker" reset --data "$DATA" --yes
  do_block "A machine is lost"
  says "reconcile" "no account differs"
  says "restore" "up to sequence"
  log_says engine "this log was restored from a backup, what came after it is lost: epoch 2 begins"
}

cut_guide
begin
a_process_died
the_power_failed
the_log_is_torn
the_log_is_damaged
a_snapshot_is_damaged
the_follower_is_lost
the_ledger_differs
the_heads_are_lost
the_machine_is_lost
output=$(cd "$blocks" && ls -m)
expect "every instruction was carried out, but those of host_test.sh" test "$output" = \
  "A write or sync failed.1, The clock jumped.1, The disk is full.1"
