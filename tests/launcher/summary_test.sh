#!/usr/bin/env bash
# The counting of test results: whatever is not a clean pass must make the run fail.
# Runs once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

summary() { run /usr/bin/python3 -B "$TEST_ROOT/deploy/launcher/test_summary.py" "$@"; }

result() { # result NAME RESULT STDOUT: one line of Meson's record
  printf '{"name": "%s", "result": "%s", "stdout": "%s"}\n' "$@"
}

last_line_is() { [[ ${output##*$'\n'} == "$1" ]]; }

expect_summary() { # expect_summary WHAT LAST_LINE STATUS
  expect "$1: last line '$2'" last_line_is "$2"
  expect_status "$1" "$3"
}

a=$test_dir/a.json b=$test_dir/b.json scripts=$test_dir/scripts.txt

result x OK '' >"$a"
summary "$a"
expect_summary "one test" "1 passed, 0 failed" 0

result x OK '[       OK ] A.one (0 ms)\n[       OK ] A.two (0 ms)' >"$b"
summary "$a" "$b"
expect_summary "cases are counted" "3 passed, 0 failed" 0

result x FAIL '[       OK ] A.one (0 ms)\n[  FAILED  ] A.two (1 ms)' >"$b"
summary "$a" "$b"
expect_summary "a failed case" "2 passed, 1 failed" 1
expect_output "a failed case is shown" "A.two"

result x ERROR '[       OK ] A.one (0 ms)\n[ RUN      ] A.two' >"$b"
summary "$a" "$b"
expect_summary "a crash between cases" "2 passed, 1 failed" 1

result x TIMEOUT '' >"$b"
summary "$a" "$b"
expect_summary "a time-out" "1 passed, 1 failed" 1

result x SKIP '' >"$b"
summary "$a" "$b"
expect_summary "a skipped test" "1 passed, 1 failed" 1

result x OK '[       OK ] A.one (0 ms)\n[  SKIPPED ] A.two (0 ms)' >"$b"
summary "$a" "$b"
expect_summary "a skipped case" "2 passed, 1 failed" 1

result y OK '' >"$b"
summary "$a" "$b"
expect_summary "builds with different tests" "2 passed, 2 failed" 1

: >"$a"
summary "$a"
expect_summary "nothing ran" "0 passed, 0 failed" 1

printf 'boom\n' >"$test_dir/s.log"
printf 'OK s1 %s\nFAIL s2 %s\n' "$test_dir/s.log" "$test_dir/s.log" >"$scripts"
summary "$scripts"
expect_summary "script tests" "1 passed, 1 failed" 1
expect_output "a failed script's output" "boom"

{ printf 'FAILED: the moon\n  cheese, not green\n' && seq 100; } >"$test_dir/s.log"
summary "$scripts"
short=${output#*in short}
expect "what failed is told at the end, however much comes after it" \
  test "${short/s2: FAIL*FAILED: the moon*cheese, not green}" != "$short"

printf '#!/usr/bin/env bash\nsleep 100 &\n' >"$test_dir/leaves_one.sh"
chmod +x "$test_dir/leaves_one.sh"
SAKER_TEST_PATIENCE_S=0.1 run /usr/bin/python3 -B "$TEST_ROOT/deploy/launcher/test_script.py" \
  60 "$test_dir/left.log" "$test_dir/leaves_one.sh"
expect_output "a test that leaves a process behind" "FAIL"
expect "which one is told" grep -q "left behind and ended: .*sleep 100" "$test_dir/left.log"
