# For script tests: source it, call `expect…`; the script's exit status is 0 when all held.

set -uo pipefail
export LC_ALL=C.UTF-8
TEST_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
test_dir=$(mktemp -d "${TMPDIR:-/tmp}/saker-test.XXXXXX")
expectations=0 failures=0
output='' status=0

at_exit() { :; } # a test that starts processes replaces it
trap 'at_exit; rm -rf -- "$test_dir"; test_verdict' EXIT
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

# wait_until SECONDS COMMAND...: polls until it succeeds.
wait_until() {
  local deadline=$((EPOCHSECONDS + $1))
  shift
  until "$@"; do
    ((EPOCHSECONDS < deadline)) || return 1
    sleep 0.1
  done
}
