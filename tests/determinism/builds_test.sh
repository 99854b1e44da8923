#!/usr/bin/env bash
# The same command streams through the core as other compilers and optimisation levels made it:
# event chain and state hash must be the same to the last bit. Each run also compares itself with
# its own replay and with snapshots and their tails.
#
# Quick: the two builds of ./saker test, release and sanitize. With SAKER_FULL=1
# or --full: gcc and clang at -O0 and -O3, built when missing, and 10^7 commands.
# Runs once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
commands=180000
builds=(release sanitize)
if [[ -n ${SAKER_FULL:-} || ${1:-} == --full ]]; then
  commands=10000000
  builds=(release clang gcc-O0 clang-O0)
fi

options_of() { # options_of BUILD
  case $1 in
    sanitize) printf '%s\n' -Dbuildtype=plain -Doptimization=1 -Db_sanitize=address,undefined ;;
    *-O0) printf '%s\n' -Dbuildtype=plain -Doptimization=0 ;;
  esac
}

# Builds nothing but this program, where the launcher has not built everything.
make_build() { # make_build BUILD
  local dir=$TEST_ROOT/build/$1 compiler=g++
  if [[ -x $dir/sim/determinism ]]; then return; fi
  [[ $1 != clang* ]] || compiler=clang++
  if [[ ! -f $dir/build.ninja ]]; then
    mapfile -t options < <(options_of "$1")
    CXX=$compiler meson setup "${options[@]}" "$dir" "$TEST_ROOT" >/dev/null || return
  fi
  ninja -C "$dir" sim/determinism >/dev/null
}

# Runs go on side by side; what each prints is kept in a file of its own.
compute() { # compute BUILD PROGRAM
  local words=(--commands "$commands") started=$EPOCHREALTIME
  # Replays cost twice as much again; one build of each compiler is enough for them.
  [[ $1 != *-O0 ]] || words+=(--live-only)
  "$2" "${words[@]}" >"$test_dir/$1.out" 2>&1
  printf '%s' $? >"$test_dir/$1.status"
  printf '%s: %s commands in %s s\n' "$1" "$commands" "$((${EPOCHREALTIME%.*} - ${started%.*}))"
}

for kind in "${builds[@]}"; do
  program=$TEST_ROOT/build/$kind/sim/determinism
  run make_build "$kind"
  expect_status "the $kind build" 0
  compute "$kind" "$program" &
done
wait

compared=0
for kind in "${builds[@]}"; do
  status=$(<"$test_dir/$kind.status") output=$(<"$test_dir/$kind.out")
  expect_status "$kind" 0
  if [[ $kind == "${builds[0]}" ]]; then
    printf '%s\n' "$output"
    continue
  fi
  expect "$kind computes what ${builds[0]} computes" \
    cmp -s "$test_dir/${builds[0]}.out" "$test_dir/$kind.out"
  compared=$((compared + 1))
done
expect "there was something to compare" test "$compared" -gt 0
