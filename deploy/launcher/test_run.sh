# Running Meson's tests and the script tests in several builds, and adding up the results.

test_results=()  # files that test_summary.py adds up

test_quick() {
  ensure_packages base dpdk test
  # npm mostly waits for the network, compilers do not. Is there no Node yet, apt brings it.
  (page_build) &
  local page=$!
  build release
  build sanitize
  wait "$page" || die "the page could not be built"
  test_prepare_page
  test_prepare_results
  test_begin_in_build release "$@"
  test_begin_in_build sanitize "$@"
  test_scripts "release sanitize" "$@"
  test_summary
}

# The page for the browser's tests; its Node stays on PATH for the page's own.
test_prepare_page() {
  ensure_node
  page_build
  export PATH
}

test_prepare_results() {
  test_results_dir=$SAKER_ROOT/build/test-results
  rm -rf -- "$test_results_dir"
  mkdir -p "$test_results_dir"
  export SAKER_TURN=$test_results_dir/turn
  : >"$SAKER_TURN"
}

# test_among_others COMMAND...: while it runs nobody has the machine to themselves.
test_among_others() { flock -o -s "$SAKER_TURN" "$@"; }

# test_begin_in_build KIND [NAME...]: as test_in_build, while the script tests begin.
test_begin_in_build() {
  test_in_build "$@" &
  test_results+=("$test_results_dir/$1.json")
  running=$((running + 1))
}
running=0 # children of ours

# test_in_build KIND [NAME...]: the suite in one build. The count is taken from Meson's own
# record, so that a failure to start is a failure too.
test_in_build() {
  local kind=$1 dir=$SAKER_ROOT/build/$1 result=$test_results_dir/$1.json
  local -a only=() suites=()
  shift
  [[ -n ${SAKER_FULL:-} ]] || suites=(--no-suite full)
  if [[ $# -gt 0 ]]; then
    mapfile -t only < <(test_known_names "$dir" "$@")
    [[ ${#only[@]} -gt 0 ]] || { : >"$result" && return; }
  fi
  say "tests in the $kind build"
  rm -f -- "$dir"/meson-logs/testlog.json
  SAKER_BUILD_DIR=$dir test_among_others meson test -C "$dir" --no-rebuild -t 4 \
    "${suites[@]}" "${only[@]}" </dev/null 2>&1 | test_progress "$kind" || true
  if [[ -f $dir/meson-logs/testlog.json ]]; then
    cp "$dir/meson-logs/testlog.json" "$result"
  else
    printf '{"name": "meson test in %s", "result": "ERROR", "stdout": "no record"}\n' \
      "$kind" >"$result"
  fi
}

test_known_names() { # test_known_names BUILD_DIR NAME... -> those that Meson knows
  local dir=$1 known
  shift
  known=$(meson test -C "$dir" --no-rebuild --list 2>/dev/null | sed -e 's/^.* [/] //')
  local name
  for name in "$@"; do
    if grep -qxF -- "$name" <<<"$known"; then printf '%s\n' "$name"; fi
  done
}

test_progress() { # test_progress KIND: Meson's one line per test; not the rest of its chatter
  local line
  while IFS= read -r line; do
    if [[ $line =~ ^[[:space:]]*[0-9]+/[0-9]+[[:space:]](.*[^[:space:]]) ]]; then
      printf '  %-9s %s\n' "$1" "${BASH_REMATCH[1]}"
    fi
  done
}

# Script tests: every executable tests/*/*_test.sh, with the processes of each of these builds. Each
# prints why it failed; its exit status is the result. Those with a line "# Runs once." look at the
# launcher or at several builds, and run with the first build only. They wait more than they
# compute: with two at a time for each core it was idle for a fifth of the time, so three run. Those
# with a line "# Runs long." come first, so that none of them is left over at the end. Those with
# "# Measures alone." come next to last: they prepare beside the others, who hold the turn (a lock)
# in common, and wait for it for themselves before they measure. Those with a line "# Runs alone."
# come last, one by one.
test_scripts() { # test_scripts "KIND…" [NAME...]
  local kinds=$1 kind
  local -a long=() short=() measuring=() alone=()
  shift
  for kind in $kinds; do
    test_results+=("$test_results_dir/scripts-$kind.txt")
    : >"$test_results_dir/scripts-$kind.txt"
  done
  test_choose_scripts "$kinds" "$@"
  say "script tests with the processes of: $kinds"
  test_run_together "${SAKER_TEST_JOBS:-$((3 * $(nproc)))}" "${long[@]}" "${short[@]}" \
    "${measuring[@]}"
  test_run_together 1 "${alone[@]}"
}

# test_choose_scripts "KIND…" [NAME...]: "KIND FILE" in `long`, `short`, `measuring` and `alone`
test_choose_scripts() {
  local kinds=$1 kind script
  shift
  for script in "$SAKER_ROOT"/tests/*/*_test.sh; do
    [[ -x $script ]] || continue
    test_script_name "$script"
    if [[ $# -gt 0 && " $* " != *" $REPLY "* && " $* " != *" ${REPLY#*/} "* ]]; then continue; fi
    for kind in $kinds; do
      if grep -q '^# Runs alone\.' "$script"; then
        alone+=("$kind $script")
      elif grep -q '^# .*Measures alone\.' "$script"; then
        measuring+=("$kind $script")
      elif grep -q '^# Runs long\.' "$script"; then
        long+=("$kind $script")
      else
        short+=("$kind $script")
      fi
      if grep -q '^# Runs once\.' "$script"; then break; fi
    done
  done
}

test_run_together() { # test_run_together JOBS "KIND FILE"...
  local jobs=$1 each
  shift
  for each in "$@"; do
    if ((running >= jobs)); then
      wait -n || true
      running=$((running - 1))
    fi
    test_script_name "${each#* }"
    test_one_script "${each#* }" "$REPLY" "${each%% *}" \
      >>"$test_results_dir/scripts-${each%% *}.txt" &
    running=$((running + 1))
  done
  wait
  running=0
}

test_script_name() { # test_script_name FILE -> REPLY: "venue/kill_test" of tests/venue/kill_test.sh
  REPLY=${1#"$SAKER_ROOT/tests/"}
  REPLY=${REPLY%.sh}
}

# test_one_script FILE NAME KIND: prints its line of the result file. What is shown of it: how long
# it took, and how much of a processor it and all its processes used meanwhile.
test_one_script() {
  local log=$test_results_dir/${2//\//-}-$3.log limit=600 outcome wall_s cpu_s
  local -a run=(/usr/bin/python3 -B "$SAKER_ROOT/deploy/launcher/test_script.py")
  grep -q '^# .*Measures alone\.' "$1" || run=(test_among_others "${run[@]}")
  [[ -z ${SAKER_FULL:-} ]] || limit=3600
  read -r outcome wall_s cpu_s < <(SAKER_BUILD_KIND=$3 SAKER_BUILD_DIR=$SAKER_ROOT/build/$3 \
    "${run[@]}" "$limit" "$log" "$1")
  printf '  %-27s %-9s %-4s %5s s, processor %5s s\n' \
    "$2" "$3" "${outcome:=FAIL}" "${wall_s:-?}" "${cpu_s:-?}" >&2
  printf '%s %s %s\n' "$outcome" "$2" "$log"
}

test_summary() { # the output of what failed, then the one line that counts
  /usr/bin/python3 "$SAKER_ROOT/deploy/launcher/test_summary.py" "${test_results[@]}"
}
