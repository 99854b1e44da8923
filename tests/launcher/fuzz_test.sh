#!/usr/bin/env bash
# What `./saker test --fuzz` makes of its targets: time is processor time and adds up from run to
# run, a fault fails the run, an input that was only slow because the machine was busy does not.
# Runs once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

tree=$test_dir/tree results=$test_dir/results record=$test_dir/record.csv
mkdir -p "$results"

# target NAME SCRIPT: a program that talks like libFuzzer; the corpus folder is its last argument
# but one.
target() {
  mkdir -p "$tree/${1}_fuzz_corpus"
  {
    cat <<'SCRIPT'
#!/usr/bin/env bash
told() { printf 'stat::number_of_executed_units: 50\n' && exit 72; }
trap told INT
burn() { while :; do :; done; }
corpus=${*: -2:1}
echo '#2 INITED cov: 3 ft: 4 corp: 1/1b'
SCRIPT
    printf '%s\n' "$2"
  } >"$test_dir/${1}_fuzz"
  chmod +x "$test_dir/${1}_fuzz"
}

fuzz() { # fuzz OPTION... NAME
  run /usr/bin/python3 -B "$TEST_ROOT/deploy/launcher/fuzz.py" run --root "$tree" \
    --record "$record" "${@:1:$#-1}" "$results" "$test_dir/${*: -1}_fuzz"
}

cell() { # cell NAME NUMBER: sets REPLY to a cell of the record
  REPLY=$(grep "^$1," "$record" | cut -d, -f"$2")
}

expect_cell() { # expect_cell WHAT NAME NUMBER VALUE
  cell "$2" "$3"
  expect "$1: '$4', not '$REPLY'" test "$REPLY" = "$4"
}

# at_least VALUE A [B]: A and B together; in tenths, as sums of them are not exact otherwise.
at_least() { awk 'BEGIN { exit !(10 * ARGV[1] + 0.5 > 10 * ARGV[2] + 10 * ARGV[3]) }' "$@"; }

target clean 'echo "#9 NEW cov: 5 ft: 9 corp: 2/2b"; : >"$corpus/new"; burn'
fuzz --seconds 0.2 clean
expect_status "a clean target" 0
cell clean 2 && first=$REPLY
expect "processor seconds: $first" at_least "$first" 0.2
expect_cell "executions" clean 3 50
expect_cell "edges" clean 4 5
expect_cell "features" clean 5 9
expect_cell "inputs" clean 8 1
fuzz --hours 0.00006 clean
expect_status "by hours" 0
cell clean 2
expect "processor seconds add up: $REPLY" at_least "$REPLY" "$first" 0.2
expect_cell "executions add up" clean 3 100
expect_output "a sum" "1 passed, 0 failed"

target still 'burn'
fuzz --seconds 0.2 still
fuzz --seconds 0.2 still
cell still 2
expect_cell "all of it is since the last new edge" still 6 "$REPLY"

target crash 'echo "==7==ERROR: AddressSanitizer: heap-buffer-overflow"; exit 77'
fuzz --seconds 1 crash
expect_status "a crash" 1
expect_output "a crash is counted" "0 passed, 1 failed"
expect_output "and shown" "heap-buffer-overflow"
expect_cell "and recorded" crash 11 "ERROR: AddressSanitizer: heap-buffer-overflow"

for ending in 0 1 78; do
  target ends "exit $ending"
  fuzz --seconds 1 ends
  expect_status "an end by itself, with $ending" 1
done

# The input is given back alone: it hangs again, or it does not.
late='if [[ $# -gt 1 ]]; then
  if [[ -e $0.once ]]; then burn; fi
  : >"$0.once"; : >"$0.input"
  echo "==7== ERROR: libFuzzer: timeout after 11 seconds"
  echo "artifact_prefix=; Test unit written to $0.input"
  exit 70
fi'
target late "$late"
fuzz --seconds 0.2 late
expect_status "an input that is quick alone" 0
expect_cell "is no fault" late 11 clean
expect "and is not kept" test ! -e "$test_dir/late_fuzz.input"
target hangs "$late; exit 1"
fuzz --seconds 0.2 hangs
expect_status "an input that hangs" 1
expect "is kept" test -e "$test_dir/hangs_fuzz.input"

rm "$results/clean.log"
/usr/bin/python3 -B "$TEST_ROOT/deploy/launcher/fuzz.py" run --root "$tree" --record "$record" \
  --hours 5 "$results" "$test_dir/clean_fuzz" >"$test_dir/out" &
pid=$!
until [[ -s $results/clean.log ]]; do sleep 0.05; done
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
expect "an interrupted run says so: $status" test "$status" = 130
expect_cell "and its executions count" clean 3 150
