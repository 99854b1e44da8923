# `./saker test --full`: the long forms of all tests, and the other ways to compile them.

full_builds=(release sanitize clang) # the whole suite runs in these
full_bare_builds=(gcc-O0 clang-O0)   # only hashes are compared with these: tests/determinism
full_fuzz_seconds=${SAKER_FUZZ_SECONDS:-60}

test_full() {
  ensure_packages base dpdk test full
  export SAKER_FULL=1
  local kind
  for kind in "${full_builds[@]}" fuzz; do build "$kind"; done
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

# Every fuzz target for a while, from its corpus in the tree where it has one (x_fuzz_corpus/
# beside x_fuzz.cpp). What makes it crash is kept beside its log.
full_fuzz() {
  local dir=$SAKER_ROOT/build/fuzz program name corpus log outcome
  local result=$test_results_dir/fuzz.txt
  : >"$result"
  test_results+=("$result")
  while IFS= read -r program; do
    name=$(basename "$program") outcome=OK
    log=$test_results_dir/$name.log corpus=$test_results_dir/$name.corpus
    mkdir -p "$corpus"
    say "fuzzing with $name for $full_fuzz_seconds s"
    "$program" -max_total_time="$full_fuzz_seconds" -timeout=10 -rss_limit_mb=4096 \
      -artifact_prefix="$test_results_dir/$name." "$corpus" \
      $(full_corpus_of "$dir" "$program") >"$log" 2>&1 </dev/null || outcome=FAIL
    printf '%s %s %s\n' "$outcome" "$name" "$log" >>"$result"
  done < <(find "$dir" -type f -name '*_fuzz' -executable | sort)
  [[ -s $result ]] || printf 'FAIL no_fuzz_target_was_built /dev/null\n' >>"$result"
}

full_corpus_of() { # full_corpus_of BUILD_DIR PROGRAM: its corpus folder in the tree, if any
  local relative=${2#"$1"/}
  local corpus=$SAKER_ROOT/${relative}_corpus
  if [[ -d $corpus ]]; then printf '%s\n' "$corpus"; fi
}
