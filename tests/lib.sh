# For script tests: source it, call `expect…`; the script's exit status is 0 when all held.

set -uo pipefail
export LC_ALL=C.UTF-8
TEST_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Where a test keeps its files: one with a line "# Works in memory." there, if there is plenty: what
# kill -9 leaves in memory is what it leaves on a disk, and other tests do not wait for it. Long
# forms write a lot, and do it to the disk.
test_place() {
  local memory kb
  REPLY=${TMPDIR:-/tmp}
  [[ -z ${SAKER_FULL:-} && -w /dev/shm ]] && grep -q '^# Works in memory\.' "$0" || return 0
  while read -r memory kb _ && [[ $memory != MemAvailable: ]]; do :; done </proc/meminfo
  if ((kb > 6 << 20 && $(stat -f -c '%a * %S' /dev/shm) > 6 << 30)); then REPLY=/dev/shm; fi
}
test_place
test_dir=$(mktemp -d "$REPLY/saker-test.XXXXXX")
expectations=0 failures=0
output='' status=0

venues=() # data directories that start_venue was given

at_exit() { :; } # a test that starts processes by itself replaces it
trap 'at_exit; stop_venues; pause_end; rm -rf -- "$test_dir"; test_verdict' EXIT
trap 'exit 130' INT TERM

test_verdict() {
  printf '%d expectations, %d failed\n' "$expectations" "$failures"
  ((expectations > 0 && failures == 0)) || exit 1
}

# run COMMAND...: keeps its output (both streams) and its exit status.
run() {
  output=$("$@" 2>&1 </dev/null)
  status=$?
}

# expect WHAT COMMAND...: the command must succeed.
expect() {
  local what=$1
  shift
  expectations=$((expectations + 1))
  if ! "$@"; then
    failures=$((failures + 1))
    printf 'FAILED: %s\n  status %s, output:\n%s\n' "$what" "$status" "$output"
  fi
}

expect_status() { expect "$1: exit status $2" test "$status" -eq "$2"; } # WHAT STATUS
expect_output() { expect "$1: output has '$2'" contains "$2"; }         # WHAT TEXT
contains() { [[ $output == *"$1"* ]]; }

# pause SECONDS: as sleep, which is a new process each time, and tests pause by the thousand; one
# process sleeps for all of this test instead. (`read -t` would be bash's own way, and is broken.)
pause_pid=''
pause() {
  [[ $BASHPID == "$$" ]] || { sleep "$1" && return; } # the answers are for the main shell
  [[ -n $pause_pid ]] || pause_begin
  printf '%s\n' "$1" >&"$pause_ask"
  read -r _ <&"$pause_answer"
}

pause_begin() { # not as a job: $! and a plain `wait` are the test's own
  mkfifo -- "$test_dir"/pause-{ask,answer}
  exec {pause_answer}<>"$test_dir/pause-answer"
  pause_pid=$(perl -e '$| = 1; while (<>) { select undef, undef, undef, $_; print "\n" }' \
    >&"$pause_answer" 2>/dev/null <"$test_dir/pause-ask" & printf '%s' "$!")
  exec {pause_ask}>"$test_dir/pause-ask"
  rm -f -- "$test_dir"/pause-{ask,answer}
}

pause_end() { [[ -z $pause_pid ]] || kill "$pause_pid" 2>/dev/null; }

# wait_until SECONDS COMMAND...: polls until it succeeds, twenty times a second; a command that
# takes long itself, such as one that starts psql, only during a quarter of the time.
wait_until() {
  local deadline=$((EPOCHSECONDS + $1)) begin_us pause_us
  shift
  while :; do
    begin_us=${EPOCHREALTIME/./}
    if "$@"; then return; fi
    ((EPOCHSECONDS < deadline)) || return 1
    pause_us=$((3 * (${EPOCHREALTIME/./} - begin_us)))
    pause_us=$((pause_us < 50000 ? 50000 : pause_us > 500000 ? 500000 : pause_us))
    printf -v pause_us 0.%06d "$pause_us"
    pause "$pause_us"
  done
}

# have_the_machine: from here to its end, or to others_may_go_on, a test with a line
# "# Measures alone." has the machine to itself (by hand: at once). What it prepares before may run
# beside other tests.
have_the_machine() {
  [[ -n ${SAKER_TURN:-} ]] || return 0
  exec {turn}<"$SAKER_TURN"
  flock -x "$turn"
}
others_may_go_on() { # what comes now is not measured. Also when processes begun since live on.
  [[ -z ${SAKER_TURN:-} ]] || flock -u "$turn"
}

# --- a venue of one's own ----------------------------------------------------------------------

# random_port_base: in REPLY, a base for a test's own venue: nothing listens on the ten ports from
# it on, and no outgoing connection can take one of them, as it could from 32768 up.
random_port_base() {
  local tries
  for ((tries = 0; tries < 50; tries++)); do
    REPLY=$((12000 + RANDOM % 1000 * 20))
    ports_are_free "$REPLY" && return
  done
}

ports_are_free() { # ports_are_free BASE
  local offset ports=''
  for offset in {0..9}; do printf -v ports '%s|%04X' "$ports" $(($1 + offset)); done
  [[ -z $(grep -hsE "^ *[0-9]+: [0-9A-F]+:(${ports#|}) " /proc/net/{udp,udp6,tcp,tcp6}) ]]
}

# small_venue CONFIG_DIR: a venue file with room for 512 customers instead of 8,192 and an eighth of
# the resting orders and prices, and a log in smaller segments. The engine touches all its memory
# when it starts, and the log's next segment is zeroed ahead: 60 MB instead of 605 MB to be cleared
# at each start. Real sizes: tests/launcher/restart_test.sh.
small_venue() {
  mkdir -p "$1"
  sed -E -e 's/^(groups|accounts) = [0-9_]+/\1 = 512/' -e 's/^orders = [0-9_]+/orders = 16_384/' \
    -e 's/^price_leaves = [0-9_]+/price_leaves = 4_096/' \
    "$TEST_ROOT/engine/venue.toml" >"$1/venue.toml"
  sed -E 's/^segment = "64MiB"/segment = "16MiB"/' "$TEST_ROOT/engine/engine.toml" \
    >"$1/engine.toml"
}

# start_venue DATA PORT_BASE [PROCESS...]: `./saker up` with these processes and what they need
# (none named: all but the bots), in the background. Built before if need be. It is stopped at the
# end of the test, whatever happens. Fails, and prints why, when it does not become ready. A data
# directory that is not there yet gets a small venue and a database ready to be started.
start_venue() {
  local data=$1 base=$2
  [[ -f $data/config/venue.toml ]] || small_venue "$data/config"
  local -a words=(--no-bots)
  shift 2
  if [[ $# -gt 0 ]]; then
    local IFS=,
    words=(--only "$*")
  fi
  if [[ $# -eq 0 || $* =~ gateway|settlement|marketdata|accounts|postgres ]]; then
    run "$TEST_ROOT/tests/ready_cluster.sh" "$data"
    expect_status "a database for the venue" 0
    printf 'Saker data directory, layout 1\n' >"$data/.saker-data"
  fi
  venues+=("$data")
  run "$TEST_ROOT/saker" up --data "$data" --port-base "$base" --detach "${words[@]}"
  expect_status "start of the venue" 0
  return "$status"
}

stop_venue() { # stop_venue DATA: `./saker down`
  run "$TEST_ROOT/saker" down --data "$1"
  expect_status "stop of the venue" 0
}

stop_venues() {
  local data
  for data in "${venues[@]}"; do
    "$TEST_ROOT/saker" down --data "$data" >/dev/null 2>&1 </dev/null
  done
}

venue_pid() { # venue_pid DATA PROCESS: prints it, if there is one
  local pid=''
  { read -r pid _ <"$1/run/$2.pid"; } 2>/dev/null
  printf '%s' "$pid"
}

venue_is_anew() { # venue_is_anew DATA PROCESS OLD_PID: does it run, ready, with another pid?
  local pid=''
  [[ -f $1/run/$2.ready ]] || return 1
  { read -r pid _ <"$1/run/$2.pid"; } 2>/dev/null
  [[ -n $pid && $pid != "$3" ]]
}

process_is_gone() { # process_is_gone PID: a zombie is
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  [[ ${line##*) } == [ZX]* ]]
}

# kill_until_gone PID...: kill -9, and waits until it has come to pass: a busy machine may take its
# time, and what is started next would still find them.
kill_until_gone() {
  local pid
  kill -KILL "$@" 2>/dev/null
  for pid in "$@"; do
    expect "process $pid ends" wait_until 20 process_is_gone "$pid"
  done
}

kill_and_wait() { # kill_and_wait DATA PROCESS: kill -9, then until it is ready again
  local pid
  pid=$(venue_pid "$1" "$2")
  kill -KILL "$pid"
  expect "$2 comes back" wait_until 60 venue_is_anew "$1" "$2" "$pid"
}

# venue_psql DATA SQL [ROLE]: the rows, fields separated by '|', nothing around them.
venue_psql() {
  /usr/lib/postgresql/15/bin/psql "$(<"$1/secrets/database-${3:-saker_reader}.conninfo")" \
    -X -q -A -t -v ON_ERROR_STOP=1 -c "$2" </dev/null
}

venue_mail_code() { # venue_mail_code DATA ADDRESS: the newest mailed code, waited for up to 15 s
  /usr/bin/python3 -B "$TEST_ROOT/deploy/mail/inbox.py" "$1/mail" "$2" --code --wait 15
}

http_status() { # http_status URL [CURL_WORD...]: the status alone; 000 when nobody answers
  curl -s -o /dev/null -m 5 -w '%{http_code}' "$@" 2>/dev/null
}

http_status_is() { [[ $(http_status "$2") == "$1" ]]; } # http_status_is STATUS URL

wait_for_http() { # wait_for_http URL [SECONDS] [STATUS]: until it answers so (30 s, 200)
  wait_until "${2:-30}" http_status_is "${3:-200}" "$1"
}
