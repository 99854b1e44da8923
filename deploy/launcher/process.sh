# One process: is it the one we started, start it, wait until it is ready, stop it.
# A pid file holds "PID START_TIME"; the start time (in clock ticks since boot) tells our process
# from a stranger that was given the same number later.

process_stat() { # process_stat PID -> REPLY: fields of /proc/PID/stat from the state on
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  REPLY=${line##*) }
}

process_start_time() { # process_start_time PID -> REPLY; fails for what is dead or a zombie
  process_stat "$1" || return 1
  local -a fields
  read -ra fields <<<"$REPLY"
  [[ ${fields[0]} != Z && ${fields[0]} != X ]] || return 1
  REPLY=${fields[19]}
}

process_write_pid() { # process_write_pid NAME PID
  process_start_time "$2" || return 0
  printf '%s %s\n' "$2" "$REPLY" >"$data_dir/run/$1.pid.new"
  mv -- "$data_dir/run/$1.pid.new" "$data_dir/run/$1.pid"
}

process_pid() { # process_pid NAME -> REPLY: pid of the live process; fails when there is none
  local pid start
  { read -r pid start <"$data_dir/run/$1.pid"; } 2>/dev/null || return 1
  process_start_time "$pid" && [[ $REPLY == "$start" ]] || return 1
  REPLY=$pid
}

declare -gA log_start=()  # NAME -> where in its log its present run begins, bytes
declare -gA ready_fd=()   # NAME -> where a process that is starting says that it is ready
declare -gA begun_ms=()   # NAME -> when it was started
declare -gA heard_ms=()   # NAME -> when it was started or last said that it gets on
declare -gA started_pid=()

# process_launch NAME: starts it. Its output goes to logs/NAME.log.
process_launch() {
  local name=$1 fifo=$data_dir/run/$1.ready-pipe fd
  local -a command
  process_command "$name"
  rm -f -- "$fifo" "$data_dir"/run/"$name".{ready,pid}
  mkfifo -- "$fifo"
  process_forget "$name"
  exec {fd}<>"$fifo"
  rm -f -- "$fifo"
  ready_fd[$name]=$fd
  log_start[$name]=$(stat -c %s "$data_dir/logs/$name.log" 2>/dev/null || printf 0)
  milliseconds && begun_ms[$name]=$REPLY heard_ms[$name]=$REPLY
  process_in_child "$name" "${command[@]}" &
  started_pid[$name]=$!
  process_write_pid "$name" "${started_pid[$name]}"
  process_in_child "$name" process_says_ready_for "$name" "${started_pid[$name]}" &
}

process_in_child() { # process_in_child NAME COMMAND...: none of the supervisor's own descriptors
  exec 8>&"${ready_fd[$1]}" 9>&- </dev/null >>"$data_dir/logs/$1.log" 2>&1
  local fd
  for fd in "${ready_fd[@]}"; do exec {fd}>&-; done
  # Relative paths in configuration files, such as the page's, begin here.
  cd "$SAKER_ROOT" || exit 1
  shift
  if [[ $(type -t "$1") == function ]]; then "$@"; else exec "$@"; fi
}

process_forget() { # process_forget NAME: nobody waits for its word any more
  local fd=${ready_fd[$1]:-}
  [[ -n $fd ]] || return 0
  exec {fd}>&-
  unset "ready_fd[$1]"
}

# process_listen NAME: has it said that it is ready? 0 yes, and REPLY is the time it took in
# milliseconds; 1 not yet; 2 it never will: it failed, died, or said nothing for too long.
process_listen() {
  local word limit=${process_ready_s[$1]:-$process_ready_s_default}
  while read -r -t 0 <&"${ready_fd[$1]}"; do # words come as whole lines
    IFS= read -r word <&"${ready_fd[$1]}"
    milliseconds
    case $word in
      ready)
        process_forget "$1"
        : >"$data_dir/run/$1.ready"
        REPLY=$((REPLY - begun_ms[$1]))
        return 0
        ;;
      progress) heard_ms[$1]=$REPLY ;;
      failed) return 2 ;;
    esac
  done
  process_pid "$1" || return 2
  milliseconds
  ((REPLY < heard_ms[$1] + limit * 1000)) || return 2
  return 1
}

# process_stop NAME SECONDS: SIGTERM, then a bounded wait, then SIGKILL. Says how it went.
process_stop() {
  local name=$1 pid begin
  rm -f -- "$data_dir/run/$name.ready"
  if ! process_pid "$name"; then
    rm -f -- "$data_dir/run/$name.pid"
    return 0
  fi
  pid=$REPLY
  milliseconds && begin=$REPLY
  kill -"${process_stop_signal[$name]:-TERM}" "$pid" 2>/dev/null || true
  while process_pid "$name"; do
    milliseconds
    if ((REPLY > begin + $2 * 1000)); then
      kill -KILL "$pid" 2>/dev/null || true
      wait "$pid" 2>/dev/null || true
      say "$name (pid $pid) did not stop within $2 s and was killed"
      break
    fi
    sleep 0.02
  done
  rm -f -- "$data_dir/run/$name.pid"
  milliseconds
  seconds_text $((REPLY - begin))
  say "$name stopped in $REPLY"
}

process_is_needed() { # process_is_needed NAME: does a live process still need it?
  local other
  for other in "${process_names[@]}"; do
    if [[ " ${process_after[$other]:-} " == *" $1 "* ]] && process_pid "$other"; then return 0; fi
  done
  return 1
}

readonly stop_patience_s=30 # then it is killed

# All that runs, each as soon as nothing needs it any more.
processes_stop_all() {
  local -A told=()  # NAME -> when it was asked to stop, milliseconds
  local i name left=1
  while ((left)); do
    left=0
    for ((i = ${#process_names[@]} - 1; i >= 0; i--)); do
      name=${process_names[i]}
      if process_pid "$name"; then
        left=1
        process_stop_step "$name" "$REPLY"
      elif [[ -n ${told[$name]:-} ]]; then
        rm -f -- "$data_dir/run/$name.pid"
        milliseconds
        seconds_text $((REPLY - told[$name]))
        say "$name stopped in $REPLY"
        unset "told[$name]"
      fi
    done
    ((left == 0)) || sleep 0.04
  done
}

process_stop_step() { # process_stop_step NAME PID: asks it once, then waits, at last kills
  milliseconds
  if [[ -z ${told[$1]:-} ]]; then
    ! process_is_needed "$1" || return 0
    milliseconds && told[$1]=$REPLY
    rm -f -- "$data_dir/run/$1.ready"
    kill -"${process_stop_signal[$1]:-TERM}" "$2" 2>/dev/null || true
  elif ((REPLY > told[$1] + stop_patience_s * 1000)); then
    say "$1 (pid $2) did not stop within $stop_patience_s s and was killed"
    kill -KILL "$2" 2>/dev/null || true
    wait "$2" 2>/dev/null || true
  fi
}
