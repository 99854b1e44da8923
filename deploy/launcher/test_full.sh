# `./saker test --full`: the long forms of all tests, and the other ways to compile them.

full_builds=(release sanitize clang) # the whole suite runs in these
full_bare_builds=(gcc-O0 clang-O0)   # only hashes are compared with these: tests/determinism

test_full() {
  use test_fuzz
  ensure_packages base dpdk test full
  export SAKER_FULL=1
  local kind
  for kind in "${full_builds[@]}"; do build "$kind"; done
  build fuzz fuzzers
  for kind in "${full_bare_builds[@]}"; do build "$kind" sim/determinism; done
  test_prepare_page
  test_prepare_results
  for kind in "${full_builds[@]}"; do
    test_begin_in_build "$kind" "$@"
    wait
    running=0
  done
  test_scripts "${full_builds[*]}" "$@"
  [[ $# -gt 0 ]] || full_fuzz
  test_summary
}

# Every fuzz target for a while, from its corpus in the tree. What makes it crash is kept beside its
# log.
full_fuzz() {
  local program result=$test_results_dir/fuzz.txt
  local -a programs=()
  : >"$result"
  test_results+=("$result")
  mapfile -t programs < <(fuzz_programs)
  fuzz_header
  for program in "${programs[@]}"; do
    if fuzz_one "$program" "$test_results_dir/fuzz"; then
      printf 'OK %s %s\n' "$(basename "$program")" "$REPLY" >>"$result"
    else
      printf 'FAIL %s %s\n' "$(basename "$program")" "$REPLY" >>"$result"
    fi
  done
  [[ -s $result ]] || printf 'FAIL no_fuzz_target_was_built /dev/null\n' >>"$result"
}
