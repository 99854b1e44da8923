# `./saker test --fuzz`: fuzz targets for as long as is asked for. What they learn is kept between
# runs in build/fuzz-corpus/NAME, so that a run goes on where the last one ended; --keep brings
# what reaches anything new into the tree, minimised (x_fuzz_corpus/ beside x_fuzz.cpp).

fuzz_seconds=${SAKER_FUZZ_SECONDS:-60} # of each target
fuzz_keep=false

test_fuzz() { # test_fuzz [--keep] [--seconds N] [NAME...]
  local -a names=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      --keep) fuzz_keep=true ;;
      --seconds)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage_error "test --fuzz: --seconds needs a number"
        fuzz_seconds=$2
        shift
        ;;
      *) names+=("$1") ;;
    esac
    shift
  done
  ensure_packages base test full
  build fuzz fuzzers
  local results=$SAKER_ROOT/build/fuzz-corpus failed=0 passed=0 program
  local -a programs=()
  mapfile -t programs < <(fuzz_programs "${names[@]}")
  [[ ${#programs[@]} -gt 0 ]] || die "there is no such fuzz target; names are those of x_fuzz.cpp"
  mkdir -p "$results"
  fuzz_header
  for program in "${programs[@]}"; do
    if fuzz_one "$program" "$results"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      warn "what it fell over lies in $results; the log is $REPLY"
    fi
    if $fuzz_keep; then fuzz_merge "$program" "$results"; fi
  done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}

fuzz_programs() { # fuzz_programs [NAME...]: their programs, of all or of these targets
  local dir=$SAKER_ROOT/build/fuzz name
  if [[ $# -eq 0 ]]; then set -- '*'; fi
  for name in "$@"; do find "$dir" -type f -name "${name}_fuzz" -executable; done | sort -u
}

# Sets REPLY to the corpus in the tree; names are unique there.
fuzz_corpus_in_tree() { # fuzz_corpus_in_tree PROGRAM
  REPLY=$(find "$SAKER_ROOT" -path "$SAKER_ROOT/build" -prune -o -type d \
    -name "$(basename "$1")_corpus" -print -quit)
  [[ -n $REPLY ]] || die "$(basename "$1") has no corpus folder in the tree"
}

fuzz_header() {
  printf '| target | executions | a second | processor s | edges | last new edge at | inputs kept '
  printf '| outcome |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n'
}

# Prints a row of the table; fails when the target did. Sets REPLY to the log.
fuzz_one() { # fuzz_one PROGRAM RESULTS_DIR
  local name outcome=0 TIMEFORMAT='%U %S'
  name=$(basename "$1")
  name=${name%_fuzz}
  local corpus=$2/$name log=$2/$name.log tree
  fuzz_corpus_in_tree "$1"
  tree=$REPLY
  mkdir -p "$corpus"
  { time nice -n 19 "$1" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=4096 \
    -print_final_stats=1 -artifact_prefix="$2/$name." "$corpus" "$tree" \
    >"$log" 2>&1 </dev/null || outcome=$?; } 2>"$log.time"
  python3 -B "$SAKER_ROOT/deploy/launcher/fuzz_row.py" "$name" "$log" "$log.time" "$corpus" \
    "$outcome"
  REPLY=$log
  ((outcome == 0))
}

# Of all that is known, the fewest inputs that reach every edge, in the tree.
fuzz_merge() { # fuzz_merge PROGRAM RESULTS_DIR
  local name new=$2/merged tree
  name=$(basename "$1")
  name=${name%_fuzz}
  fuzz_corpus_in_tree "$1"
  tree=$REPLY
  rm -rf -- "$new"
  mkdir -p "$new"
  nice -n 19 "$1" -set_cover_merge=1 -timeout=10 -rss_limit_mb=4096 "$new" "$tree" "$2/$name" \
    >"$2/$name.merge.log" 2>&1 </dev/null || { warn "$name: merging failed" && return; }
  fuzz_take_new "$new" "$tree"
  rm -rf -- "$new"
}

# Seeds that people wrote have names that say what they are and stay; the others are named by what
# they hold.
fuzz_take_new() { # fuzz_take_new NEW TREE
  local file name
  for file in "$2"/*; do
    name=$(basename "$file")
    if [[ $name =~ ^[0-9a-f]{40}$ ]]; then rm -f -- "$file"; fi
  done
  for file in "$1"/*; do
    [[ -f $file && $(stat -c %s "$file") -le 4096 ]] || continue
    name=$(basename "$file")
    fuzz_is_seed "$file" "$2" || cp -- "$file" "$2/$name"
  done
}

fuzz_is_seed() { # fuzz_is_seed FILE TREE: is it there under a name of its own?
  local seed
  for seed in "$2"/*; do
    if cmp -s "$1" "$seed"; then return; fi
  done
  return 1
}
