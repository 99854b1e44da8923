# `./saker test --plants`: the simulator with bugs planted on purpose. Each must be found within a
# number of seeds, and the same seeds must be clean when nothing is planted. Those of the log must
# be found by the faults at every disk operation as well (sim/faults).

plants_seeds=${SAKER_PLANT_SEEDS:-1..400} # stories in which a planted bug must be found
clean_seeds=${SAKER_CLEAN_SEEDS:-1..20}   # stories that must be clean when nothing is planted

readonly plants_disks=sim/faults/disk_faults_test

test_plants() { # test_plants [NAME...]: these only, or all
  ensure_packages base
  build plants "${tool_program[sim]}" "$plants_disks"
  local sim=$SAKER_ROOT/build/plants/${tool_program[sim]} name passed=0 failed=0
  local -a names=("$@")
  [[ $# -gt 0 ]] || mapfile -t names < <("$sim" --list-plants | cut -d' ' -f1)
  [[ ${#names[@]} -gt 0 ]] || die "the simulator lists no planted bug"
  for name in "${names[@]}"; do
    if plants_find "$sim" "$name"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
  if plants_clean "$sim"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  if plants_on_disks; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}

# The simulator's exit status: 0 every story was clean, 1 a violation was found, else it broke.
plants_find() { # plants_find SIM NAME
  local output outcome=0
  output=$(nice -n 5 timeout 900 "$1" --plant "$2" --seeds "$plants_seeds" 2>&1) || outcome=$?
  if ((outcome == 1)) && [[ $output == *"planted bug $2: found"* ]]; then
    printf '  %s\n' "${output##*$'\n'}"
    return 0
  fi
  warn "planted bug $2: NOT found (exit status $outcome)"
  tail -n 20 <<<"$output" >&2
  return 1
}

plants_clean() { # plants_clean SIM: the same program with nothing planted
  local output outcome=0
  output=$(nice -n 5 timeout 900 "$1" --seeds "$clean_seeds" 2>&1) || outcome=$?
  if ((outcome == 0)); then
    printf '  nothing planted: %s\n' "${output##*$'\n'}"
    return 0
  fi
  warn "nothing planted: a violation all the same (exit status $outcome)"
  tail -n 30 <<<"$output" >&2
  return 1
}

plants_on_disks() { # with each of the log's planted bugs, and with none
  local output
  if output=$(nice -n 5 timeout 900 "$SAKER_ROOT/build/plants/$plants_disks" 2>&1); then
    grep '^plant ' <<<"$output" | cut -d: -f1,2 | sed 's/^/  disk faults: /'
    return 0
  fi
  warn "disk faults: a planted bug was not found, or one that nobody planted was"
  tail -n 30 <<<"$output" >&2
  return 1
}
