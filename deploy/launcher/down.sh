# `./saker down`: an orderly stop, from any terminal.

down_help() {
  cat <<'TEXT'
./saker down [--data DIR]

Stops all processes of a data directory, each after those that need it. What was acknowledged is
on disk; the next `./saker up` goes on from there.
TEXT
}

verb_down() {
  while [[ $# -gt 0 ]]; do
    take_data_option "$@"
    if ((taken)); then shift "$taken" && continue; fi
    case $1 in
      -h | --help) down_help && return ;;
      *) usage_error "down: unknown word $1" ;;
    esac
  done
  use processes data process watch
  data_require
  if process_pid supervisor; then
    down_supervisor "$REPLY"
  else
    down_leftovers
  fi
}

down_supervisor() { # down_supervisor PID
  local deadline=$((EPOCHSECONDS + 60))
  events_open "$data_dir/logs/saker.log"
  kill -TERM "$1" || true
  while process_pid supervisor; do
    events_show
    ((EPOCHSECONDS < deadline)) || die "the supervisor (pid $1) does not stop"
    sleep 0.1
  done
  events_show
}

down_leftovers() { # processes without a supervisor: it was killed
  local name found=
  for name in "${process_names[@]}"; do
    if process_pid "$name"; then found=1; fi
  done
  if [[ -z $found ]]; then
    say "nothing is running in $data_dir"
    return
  fi
  processes_stop_all
}
