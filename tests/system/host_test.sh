#!/usr/bin/env bash
# The machine under a venue fails: a disk answers writes with errors, runs full, and the clock is
# set back and forth, while bots and a customer trade. The venue must do what docs/recovery.md says,
# the commands there must do the rest, and nothing that the customer was told may be missing.
# Needs root, for a small disk of the venue's own and to make its system calls fail.
# Runs once.
# Runs long.
# Works in memory.
if [[ -z ${SAKER_HOST_TEST:-} ]]; then # what is mounted is nobody else's, and goes with us
  as_root=()
  ((EUID == 0)) || as_root=(sudo -n)
  # The root of a chroot is no mount, so what it has cannot be made private; at_exit unmounts.
  spread=private
  "${as_root[@]}" unshare --mount --propagation "$spread" true 2>/dev/null || spread=unchanged
  exec "${as_root[@]}" env SAKER_HOST_TEST=1 SAKER_BUILD_KIND="${SAKER_BUILD_KIND:-release}" \
    SAKER_BUILD_DIR="${SAKER_BUILD_DIR:-}" SAKER_FULL="${SAKER_FULL:-}" \
    unshare --mount --propagation "$spread" "$0"
fi
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker
DATA=$test_dir/data
BACKUP=$test_dir/backup.tar.gz
export DATA BACKUP
source "$TEST_ROOT/tests/system/guide.sh"
build=${SAKER_BUILD_DIR:-$TEST_ROOT/build/$SAKER_BUILD_KIND}
[[ $build == /* ]] || build=$PWD/$build
random_port_base
port_base=$REPLY
customer_pid='' reply='' victim=''
deaths=0 # that this test brought about
export SAKER_RESTARTS_ALLOWED=1 # the second death of the engine within a minute is one too many

at_exit() {
  [[ -z $customer_pid ]] || kill "$customer_pid" 2>/dev/null
  stop_venues
  umount "$DATA"
}

make_disk() { # of an ordinary kind, but small
  local file=$test_dir/disk
  truncate -s 200M "$file"
  PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -F -m 0 "$file"
  mkdir "$DATA"
  mount -o loop "$file" "$DATA"
  expect "a disk of the venue's own" mountpoint -q "$DATA"
}

# A log that fills a disk within seconds, and stamps of the clock that this test sets.
make_config() {
  small_venue "$DATA/config"
  sed -Ei -e 's/^block = "[^"]+"/block = "4KiB"/' -e 's/^segment = "[^"]+"/segment = "1MiB"/' \
    -e 's/^reserve = "[^"]+"/reserve = "512KiB"/' -e 's/^keep_free = "[^"]+"/keep_free = "4MiB"/' \
    -e 's/^kernel_timestamps = true/kernel_timestamps = false/' "$DATA/config/engine.toml"
  sed -E 's/^orders_burst = [0-9]+/orders_burst = 10/' "$TEST_ROOT/gateway/gateway.toml" \
    >"$DATA/config/gateway.toml"
}

set_clock() { # set_clock SECONDS: so far from what it really is
  /usr/bin/python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(
    struct.pack("<q", int(sys.argv[2])))' "$test_dir/offset" "$1"
}

begin() {
  chmod 755 "$test_dir"
  make_disk
  make_config
  head -c 8 /dev/zero >"$test_dir/offset"
  export SAKER_CLOCK_OFFSET=$test_dir/offset LD_PRELOAD=$build/tests/system/libstepped_clock.so
  start_venue "$DATA" "$port_base" gateway settlement notary mail bots || exit 1
  coproc customer { exec /usr/bin/python3 -B "$TEST_ROOT/tests/system/customer.py" "$DATA" \
    "$port_base" ann 2>&1; }
  # shellcheck disable=SC2154
  exec {to_customer}>&"${customer[1]}" {from_customer}<&"${customer[0]}"
  # shellcheck disable=SC2154
  customer_pid=$customer_PID
  IFS= read -r reply <&"$from_customer"
  expect "a customer is here: $reply" test "$reply" = here
}

ask() { # ask WORD: the customer does it; the answer is in `reply`
  reply=
  printf '%s\n' "$1" >&"$to_customer"
  IFS= read -r reply <&"$from_customer"
}
is_answered() { # is_answered ANSWER WORD
  ask "$2"
  [[ $reply == "$1"* ]]
}
trades() { venue_psql "$DATA" "SELECT count(*) FROM ledger.trades"; }
more_trades() { (($(trades) > $1)); } # more_trades NUMBER
goes_on() { # goes_on SECONDS: more orders than may be sent at once; they meet the bots; money comes
  local i before
  before=$(trades)
  for i in {1..11}; do ask order; done
  for i in order trade deposit; do
    wait_until "$1" is_answered 200 "$i"
    output="the last answer: $reply"
    expect "'$i' is answered again" test "${reply:0:3}" = 200
  done
  expect "bots trade" wait_until "$1" more_trades $((before + 5))
}

# fail_writes NAME: from now on every write past the cache and every sync of this process fails,
# until it has ended.
fail_writes() {
  local tracer calls=pwritev2,fdatasync,fsync
  victim=$(venue_pid "$DATA" "$1")
  strace -f -qq -o "$test_dir/calls" -e trace="$calls" -e inject="$calls:error=EIO" -p "$victim" &
  tracer=$!
  ask order # whatever the answer is
  expect "$1 ends" wait_until 30 has_ended "$tracer"
  kill "$tracer" 2>/dev/null
  wait "$tracer"
  expect "a call of $1 failed" grep -q 'EIO.*INJECTED' "$test_dir/calls"
  deaths=$((deaths + 1))
}
has_ended() { ! kill -0 "$1" 2>/dev/null; } # has_ended PID
fail_writes_once() { # fail_writes_once NAME: and it comes back
  fail_writes "$1"
  expect "$1 comes back" wait_until 60 venue_is_anew "$DATA" "$1" "$victim"
}

# start_failing CALL: the engine, while the disk answers this call on the log with errors
start_failing() {
  local file
  local -a only=()
  for file in "$DATA"/log/*.seg; do only+=(-P "$file"); done
  run strace -f -qq -o /dev/null "${only[@]}" -e trace="$1" -e inject="$1:error=EIO" \
    "$build/engine/saker-engine" --config "$DATA/config/engine.toml" --data "$DATA" \
    --port-base "$port_base"
  expect_status "a start while $1 fails" 1
}

all_stopped() { [[ ! -f $DATA/run/supervisor.pid ]]; }

writes_fail() {
  fail_writes_once follower
  log_says follower "stopping: event journal: cannot sync events"
  fail_writes_once notary
  log_says notary "a head cannot be written"
  fail_writes_once engine
  log_says engine "FATAL: the log failed at"
  log_says engine "recovered sequence"
  goes_on 30
  fail_writes engine
  expect "everything is stopped" wait_until 60 all_stopped
  log_says saker "giving up"
  start_failing pwrite64
  says "engine" "the log cannot be written near segment"
  expect_output "engine" "Input/output error"
  start_failing pread64
  expect_output "engine" "the log cannot be read near segment log-"
  expect_output "engine" "Input/output error"
  do_block "A write or sync failed"
  says "verify" "OK: "
  goes_on 30
}

fill_disk() {
  fallocate -l $(($(df --output=avail -B1 "$DATA" | tail -n 1) - 4194304)) "$DATA/filler"
  fill_rest
}
fill_rest() { cat /dev/zero >>"$DATA/filler.end" 2>/dev/null; }
follower_waits() { # what others give back meanwhile, such as PostgreSQL, is taken, too
  fill_rest
  grep -q "the disk is full" "$DATA/logs/follower.log"
}

log_will_say() { # log_will_say NAME TEXT: if not yet, then soon
  wait_until 30 grep -qF -- "$2" "$DATA/logs/$1.log"
  log_says "$1" "$2"
}

the_disk_is_full() {
  local offset
  fill_disk
  expect "the follower waits" wait_until 30 follower_waits
  expect "new orders are refused" wait_until 60 is_answered "503 BUSY_DISK_FULL" order
  log_will_say engine "the disk is full: no room for the log's next segment"
  log_says follower "the disk is full: events, and all that is made from them, wait for room"
  ask cancel
  expect "a cancel is taken: $reply" test "$reply" = "200 "
  run "$saker" admin --data "$DATA" cancel-all firm 2
  expect_status "administration on a full disk" 0
  do_block "The disk is full"
  rm "$DATA"/filler*
  goes_on 30
  for offset in 0 3 4 5; do
    expect "ready again" wait_for_http "http://127.0.0.1:$((port_base + offset))/readyz"
  done
  log_will_say follower "the disk has room again"
  log_will_say engine "the disk has room again"
}

supervisor_ms() { # what the supervisor would take its pauses by, now
  bash -c 'source "$1/deploy/launcher/common.sh"; milliseconds; printf %s "$REPLY"' - "$TEST_ROOT"
}

the_clock_jumps() {
  local offset logons before
  logons=$(grep -c 'lost the engine' "$DATA/logs/bots.log")
  for offset in -3600 3600 0; do
    before=$(supervisor_ms)
    set_clock "$offset"
    expect "the supervisor's pauses last no longer" test \
      $((($(supervisor_ms) - before) / 60000)) -eq 0
    goes_on 15
    # Longer than the engine waits for a session that says nothing.
    [[ -z ${SAKER_FULL:-} ]] || { pause 20 && goes_on 15; }
  done
  do_block "The clock jumped"
  output=$(grep 'lost the engine' "$DATA/logs/bots.log")
  expect "no session ended" test "$(grep -c . <<<"$output")" -eq "$logons"
}

expect_nothing_lost() {
  ask compare
  printf '%s\n' "$reply"
  expect "all is as the customer was told: $reply" test "${reply:0:8}" = "as told:"
  run "$saker" reconcile --data "$DATA"
  says "reconcile" "no account differs"
  output=$(grep -hE 'exited with status|was killed by' "$DATA/logs/saker.log")
  expect "nothing else died" test "$(grep -c . <<<"$output")" -eq "$deaths"
  stop_venue "$DATA"
  run "$saker" log audit --data "$DATA"
  expect_output "audit" "OK: nothing was changed since it was signed"
}

cut_guide
begin
goes_on 30
writes_fail
the_disk_is_full
the_clock_jumps
expect_nothing_lost
