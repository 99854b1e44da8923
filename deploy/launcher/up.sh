# `./saker up`: packages, build, data directory, processes; then something to look at.

up_help() {
  cat <<'TEXT'
./saker up [--data DIR] [--port-base N] [--no-bots] [--only NAME,…] [--detach]

Installs what is missing, builds, starts the whole venue, waits until it is ready, says where its
page is, then shows the market live (on a terminal) or reports events (elsewhere) until Ctrl-C
(or q in the live view), which stops everything cleanly. A process that dies is restarted.

  --data DIR      where everything is kept (default: .saker in the repository)
  --port-base N   first of the ports to use, the page's own; remembered in the data directory
  --no-bots       everything but the bots
  --only NAME,…   only these processes and what they need
  --detach        return when all is ready; `./saker down` stops it
TEXT
}

verb_up() {
  local detach= only= no_bots=
  local -a names=() selected=()
  while [[ $# -gt 0 ]]; do
    take_data_option "$@"
    if ((taken)); then shift "$taken" && continue; fi
    case $1 in
      -h | --help) up_help && return ;;
      --no-bots) no_bots=1 ;;
      --only)
        need_value "$1" $#
        only=$2
        shift
        ;;
      --detach) detach=1 ;;
      *) usage_error "up: unknown word $1" ;;
    esac
    shift
  done
  use packages build page processes data process watch
  up_select "$only"
  up_refuse_twice
  ensure_packages base
  up_build "${selected[@]}"
  data_prepare
  up_start "${selected[@]}"
  [[ -n $detach ]] || up_watch
}

up_refuse_twice() {
  if process_pid supervisor; then
    die "already running in $data_dir (supervisor pid $REPLY):" \
      "./saker top watches it, ./saker down stops it"
  fi
}

up_select() { # up_select "NAME,…": what is to be started, in `selected`; nothing named: all
  local name
  local -a names=("${process_names[@]}")
  [[ -z $1 ]] || IFS=, read -ra names <<<"$1"
  for name in "${names[@]}"; do
    [[ " ${process_names[*]} " == *" $name "* ]] ||
      usage_error "up: no process '$name'; there are ${process_names[*]}"
  done
  processes_with "${names[@]}"
  if [[ -n $no_bots ]]; then
    mapfile -t selected < <(printf '%s\n' "${selected[@]}" | grep -vxF bots)
  fi
}

up_build() { # up_build NAME...: their programs and the tools that go with them
  local name
  local -a programs=("${tool_program[top]}" "${tool_program[log]}")
  for name in "$@"; do programs+=(${process_program[$name]:-}); done
  build "$SAKER_BUILD_KIND" "${programs[@]}"
  if [[ " $* " == *' gateway '* ]]; then page_build; fi
}

up_start() { # up_start NAME...: starts the supervisor and waits until all is ready
  local log=$data_dir/logs/saker.log begin state
  milliseconds && begin=$REPLY
  touch "$log"
  events_open "$log"
  printf 'starting\n' >"$data_dir/run/state"
  setsid bash "$SAKER_ROOT/deploy/launcher/supervise.sh" \
    "$SAKER_ROOT" "$data_dir" "$port_base" "$@" </dev/null >>"$log" 2>&1 &
  supervisor=$!
  trap 'up_interrupted' INT TERM HUP
  while kill -0 "$supervisor" 2>/dev/null; do
    events_show
    read -r state <"$data_dir/run/state" || state=
    [[ $state != running ]] || break
    sleep 0.1
  done
  events_show
  [[ $state == running ]] || { wait "$supervisor" || die "could not start (log: $log)"; }
  milliseconds
  seconds_text $((REPLY - begin))
  say "running in $data_dir on ports from $port_base, ready in $REPLY"
  if [[ " $* " == *' gateway '* ]]; then
    say "the page: http://localhost:$port_base (sign-in codes: ./saker mail$(up_data_words))"
  fi
}

up_data_words() { # what the other verbs have to be told, where it is not the default
  if [[ $data_dir != "$SAKER_ROOT/.saker" ]]; then printf ' --data %q' "$data_dir"; fi
}

viewer= # pid of the live view, while there is one
up_end_viewer() { # the screen is ours again only when it has gone
  if [[ -n $viewer ]]; then
    kill -TERM "$viewer" 2>/dev/null || true
    wait "$viewer" 2>/dev/null || true
  fi
}

up_interrupted() { # Ctrl-C or SIGTERM, at any moment from the start on
  trap '' INT TERM HUP
  kill -TERM "$supervisor" 2>/dev/null || true
  up_end_viewer
  # The terminal may be gone: no line of ours may keep us from waiting.
  { printf '\n' && say "stopping"; } 2>/dev/null || exec >/dev/null 2>&1
  while kill -0 "$supervisor" 2>/dev/null; do
    events_show
    sleep 0.05
  done
  events_show
  wait "$supervisor" 2>/dev/null || true
  exit 0
}

# In the foreground until something ends: the live view where there is a terminal, otherwise the
# supervisor's lines as they come.
up_watch() {
  local outcome=0 ended=
  if [[ -t 0 && -t 1 ]]; then
    env --default-signal=INT,QUIT "$SAKER_BUILD/${tool_program[top]}" \
      --data "$data_dir" --port-base "$port_base" </dev/tty &
    viewer=$!
    wait -n -p ended "$supervisor" "$viewer" || outcome=$?
    [[ $ended == "$supervisor" ]] || up_interrupted
    up_end_viewer
  else
    use status
    status_table || true
    say "Ctrl-C or SIGTERM stops everything"
    events_follow "$supervisor"
    wait "$supervisor" || outcome=$?
  fi
  events_show
  up_supervisor_ended "$outcome"
}

up_supervisor_ended() { # up_supervisor_ended EXIT_STATUS: ours was not the hand that stopped it
  if (($1 == 0)); then
    say "stopped from elsewhere"
    exit 0
  fi
  if (($1 > 128)); then
    warn "the supervisor was killed; stopping what it left"
    processes_stop_all
  fi
  die "ended because of the failure above (logs: $data_dir/logs)"
}
