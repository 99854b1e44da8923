# `./saker test`: builds, runs the suites, counts.

test_help() {
  cat <<'TEXT'
./saker test [--full] [--plants] [--fresh] [NAME...]
./saker test --fuzz [--seconds N | --hours N] [--jobs N] [--keep] [NAME...]
./saker test --fuzz --table

Installs what is missing, builds plain (build/release) and with address and undefined-behaviour
sanitizers (build/sanitize), and runs the same list of tests in both, the launcher's own tests
once. The last line is "N passed, N failed"; the exit status is non-zero when anything failed or
nothing ran. With NAMEs only tests of these names run.

  --full     the long forms of the tests as well, with gcc and clang, at -O0 and -O3
  --plants   builds the simulator with the planted bugs; each must be found
  --fuzz     the fuzz targets (of x_fuzz.cpp, NAME is x), at idle priority: 60 processor seconds
             or N of each, or N processor hours in all, whoever had the least so far first; --jobs
             at a time. A row of a table for each slice, and docs/fuzzing.csv adds them up: Ctrl-C
             ends a run at any time. What they learn stays in build/fuzz-corpus, so that the next
             run goes on; --keep brings what reaches new code into the tree, minimised.
             --table writes the record's table into docs/reliability.md
  --fresh    makes a fresh Debian 12 chroot, clones the last commit and runs `./saker test` and
             `./saker up` there as the README says (needs root). SAKER_FRESH_CCACHE=DIR lends
             it a compiler cache, which makes it quicker and a little less fresh
TEXT
}

verb_test() {
  local mode=quick
  local -a names=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      -h | --help) test_help && return ;;
      --full | --plants | --fresh) mode=${1#--} ;;
      --fuzz)
        shift
        use packages build test_fuzz
        test_fuzz "$@"
        return
        ;;
      -*) usage_error "test: unknown option $1" ;;
      *) names+=("$1") ;;
    esac
    shift
  done
  use packages build page processes test_run
  case $mode in
    quick) test_quick "${names[@]}" ;;
    *)
      use "test_$mode"
      "test_$mode" "${names[@]}"
      ;;
  esac
}
