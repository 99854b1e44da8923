# `./saker status`: what runs, since when, how much of the machine it takes.

status_help() {
  cat <<'TEXT'
./saker status [--data DIR]

A line per process: pid, uptime, share of one core over the last half second, resident memory,
and whether it has said that it is ready; then the engine's own figures. The exit status is 0
when everything that was started runs and is ready, 3 otherwise.
TEXT
}

verb_status() {
  while [[ $# -gt 0 ]]; do
    take_data_option "$@"
    if ((taken)); then shift "$taken" && continue; fi
    case $1 in
      -h | --help) status_help && return ;;
      *) usage_error "status: unknown word $1" ;;
    esac
  done
  use processes data process
  data_require
  status_table || exit 3
}

status_cpu_ticks() { # status_cpu_ticks PID -> REPLY: user and system time so far
  local -a fields
  process_stat "$1" || { REPLY=0 && return; }
  read -ra fields <<<"$REPLY"
  REPLY=$((fields[11] + fields[12]))
}

status_table() { # 0 when the supervisor and all that it started run and are ready
  local name healthy=0 enabled="${process_names[*]}"
  [[ ! -f $data_dir/run/enabled ]] || read -r enabled <"$data_dir/run/enabled"
  local -A ticks=()
  local -a names=(supervisor "${process_names[@]}")
  for name in "${names[@]}"; do
    if process_pid "$name"; then status_cpu_ticks "$REPLY" && ticks[$name]=$REPLY; fi
  done
  [[ ${#ticks[@]} -eq 0 ]] || sleep 0.5
  say "data $data_dir, ports from $port_base"
  printf '  %-12s %8s %9s %7s %9s  %s\n' process pid uptime cpu memory state
  for name in "${names[@]}"; do
    status_line "$name" "${ticks[$name]:-}" || healthy=1
  done
  status_figures
  return $healthy
}

status_line() { # status_line NAME TICKS_BEFORE
  local name=$1 pid ready=ready uptime cpu memory
  if ! process_pid "$name"; then
    printf '  %-12s %8s %9s %7s %9s  %s\n' "$name" - - - - 'not running'
    # Some may have been left out on purpose.
    [[ $name != supervisor && " $enabled " != *" $name "* ]]
    return
  fi
  pid=$REPLY
  process_start_time "$pid" || return 1
  human_time $((($(cut -d. -f1 /proc/uptime)) - REPLY / $(getconf CLK_TCK)))
  uptime=$REPLY
  status_cpu_ticks "$pid"
  cpu=$(((REPLY - ${2:-0}) * 200 / $(getconf CLK_TCK)))
  memory=$(awk '/^VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$pid/status")
  [[ $name == supervisor || -f $data_dir/run/$name.ready ]] || ready='not ready'
  printf '  %-12s %8s %9s %6s%% %9s  %s\n' "$name" "$pid" "$uptime" "$cpu" "$memory" "$ready"
  [[ $ready == ready ]]
}

status_figures() { # the engine's own view, while it runs
  process_pid engine || return 0
  local top=$SAKER_BUILD/${tool_program[top]} picture
  [[ -x $top ]] || return 0
  picture=$(timeout 5 "$top" --data "$data_dir" --port-base "$port_base" --format json \
    --patience 1500) || { warn "saker-top gets no picture of the market" && return; }
  /usr/bin/python3 -B "$SAKER_ROOT/deploy/launcher/status_figures.py" <<<"$picture"
}
