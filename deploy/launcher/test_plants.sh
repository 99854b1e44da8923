# `./saker test --plants`: the simulator with bugs planted on purpose. Each must be found within a
# number of seeds, and the same seeds must be clean when nothing is planted.

plants_seeds=${SAKER_PLANT_SEEDS:-20}
plants_steps=${SAKER_PLANT_STEPS:-20000}

test_plants() { # test_plants [NAME...]: these only, or all
  ensure_packages base
  build plants "${tool_program[sim]}"
  local sim=$SAKER_ROOT/build/plants/${tool_program[sim]} name seed
  local passed=0 failed=0
  local -a names=("$@")
  [[ $# -gt 0 ]] || mapfile -t names < <("$sim" --list-plants | awk '{ print $1 }')
  [[ ${#names[@]} -gt 0 ]] || die "the simulator lists no planted bug"
  for name in "${names[@]}"; do
    if plants_find "$sim" "$name"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
  for ((seed = 1; seed <= plants_seeds; seed++)); do
    if plants_clean "$sim" "$seed"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0 && passed > 0))
}

# One run of the simulator; its exit status: 0 clean, 1 a violation was found, else it broke.
plants_run() { # plants_run SIM SEED OPTION... -> plants_output
  local sim=$1 seed=$2
  shift 2
  plants_output=$(timeout 300 "$sim" --seed "$seed" --steps "$plants_steps" "$@" 2>&1)
}

plants_find() { # plants_find SIM NAME
  local seed outcome
  for ((seed = 1; seed <= plants_seeds; seed++)); do
    outcome=0
    plants_run "$1" "$seed" --plant "$2" || outcome=$?
    case $outcome in
      0) ;;
      1)
        say "planted bug $2: found with seed $seed"
        return 0
        ;;
      *)
        warn "planted bug $2: the simulator itself broke (exit status $outcome, seed $seed)"
        printf '%s\n' "$plants_output" | tail -n 20 >&2
        return 1
        ;;
    esac
  done
  warn "planted bug $2: NOT found with $plants_seeds seeds of $plants_steps steps"
  return 1
}

plants_clean() { # plants_clean SIM SEED
  if plants_run "$1" "$2"; then
    say "nothing planted, seed $2: clean"
    return 0
  fi
  warn "nothing planted, seed $2: a violation"
  printf '%s\n' "$plants_output" | tail -n 30 >&2
  return 1
}
