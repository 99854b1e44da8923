#!/usr/bin/env bash
# How the launcher waits for a process: a word that it gets on keeps it waiting, silence does not,
# and nobody who is started has a signal blocked, however busy the machine is.
# Runs once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
SAKER_ROOT=$TEST_ROOT
source "$TEST_ROOT/deploy/launcher/common.sh"
use processes process
data_dir=$test_dir port_base=1
mkdir -p "$data_dir"/{run,logs}
process_ready_s[slow]=1

process_command() { command=(bash -c "${script}"); } # instead of the real table

outcome() { # outcome SCRIPT: of a process that runs it; in REPLY what process_listen said at last
  local script=$1 heard=1
  process_launch slow
  while ((heard == 1)); do
    heard=0
    process_listen slow || heard=$?
    sleep 0.02
  done
  process_forget slow
  process_stop slow 5 >/dev/null
  REPLY=$heard
}

outcome 'echo ready >&8; sleep 60'
expect "ready at once" test "$REPLY" = 0
outcome 'for i in 1 2 3 4; do sleep 0.5; echo progress >&8; done; echo ready >&8; sleep 60'
expect "ready after two seconds, having said that it gets on" test "$REPLY" = 0
outcome 'echo progress >&8; sleep 60'
expect "silence for more than a second is given up" test "$REPLY" = 2
outcome 'echo failed >&8; sleep 60'
expect "it says itself that it failed" test "$REPLY" = 2
outcome 'exit 3'
expect "it dies" test "$REPLY" = 2
blocked=0000000000000000
outcome 'grep SigBlk /proc/self/status; echo ready >&8; sleep 60'
expect "no signal is blocked" test "$(tail -n 1 "$data_dir/logs/slow.log")" = "SigBlk:	$blocked"
# Read by ourselves: while it waits for a child, bash holds SIGCHLD back for a moment.
while read -r name mask && [[ $name != SigBlk: ]]; do :; done <"/proc/$$/status"
expect "nor here, after all this waiting" test "$mask" = "$blocked"
