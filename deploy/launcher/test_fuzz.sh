# `./saker test --fuzz`: fuzz targets for as long as is asked for, in processor time. What they
# learn is kept between runs in build/fuzz-corpus/NAME, so that a run goes on where the last one
# ended; docs/fuzzing.csv adds up all runs; --keep brings what reaches new code into the tree.

fuzz_py=$SAKER_ROOT/deploy/launcher/fuzz.py
fuzz_record=$SAKER_ROOT/docs/fuzzing.csv

# test_fuzz [--seconds N | --hours N] [--jobs N] [--keep] [--table] [NAME...]
test_fuzz() {
  local -a names=() options=(--record "$fuzz_record") programs=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      --keep) options+=(--keep) ;;
      --table)
        python3 -B "$fuzz_py" table "$fuzz_record" "$SAKER_ROOT/docs/reliability.md"
        return
        ;;
      --seconds | --jobs | --hours)
        [[ ${2:-} =~ ^[0-9]+(\.[0-9]+)?$ && ($1 != --jobs || ${2:-} =~ ^[1-9][0-9]*$) ]] ||
          usage_error "test --fuzz: $1 needs a number"
        options+=("$1" "$2")
        shift
        ;;
      -*) usage_error "test --fuzz: unknown option $1" ;;
      *) names+=("$1") ;;
    esac
    shift
  done
  ensure_packages base test full
  build fuzz fuzzers
  mapfile -t programs < <(fuzz_programs "${names[@]}")
  [[ ${#programs[@]} -gt 0 ]] || die "there is no such fuzz target; names are those of x_fuzz.cpp"
  fuzz_idle run "${options[@]}" "$SAKER_ROOT/build/fuzz-corpus" "${programs[@]}"
}

fuzz_idle() { chrt -i 0 nice -n 19 python3 -B "$fuzz_py" "$@"; }

fuzz_programs() { # fuzz_programs [NAME...]: their programs, of all or of these targets
  local dir=$SAKER_ROOT/build/fuzz name
  if [[ $# -eq 0 ]]; then set -- '*'; fi
  for name in "$@"; do find "$dir" -type f -name "${name}_fuzz" -executable; done | sort -u
}

fuzz_header() { python3 -B "$fuzz_py" header; }

# One target by itself, outside of the record. Prints a row of the table; fails when the target did.
# Sets REPLY to the log.
fuzz_one() { # fuzz_one PROGRAM RESULTS_DIR
  REPLY=$(basename "$1")
  REPLY=$2/${REPLY%_fuzz}.log
  fuzz_idle run --rows-only --seconds "${SAKER_FUZZ_SECONDS:-60}" "$2" "$1"
}
