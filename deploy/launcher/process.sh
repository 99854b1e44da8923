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

declare -gA log_start=() # NAME -> where in its log its present run begins, bytes

process_options() { # process_options NAME -> options: its command line after the program
  options=(--config "$data_dir/config/$(basename "${process_config[$1]}")"
    --data "$data_dir" --port-base "$port_base")
}

# process_start NAME: starts it and waits until it says that it is ready. Sets `started_pid`;
# fails when it died or stayed silent. Its output goes to logs/NAME.log.
process_start() {
  local name=$1 fifo=$data_dir/run/$1.ready-pipe ready_fd begin
  local -a options
  process_options "$name"
  rm -f -- "$fifo" "$data_dir"/run/"$name".{ready,pid}
  mkfifo -- "$fifo"
  exec {ready_fd}<>"$fifo"
  rm -f -- "$fifo"
  log_start[$name]=$(stat -c %s "$data_dir/logs/$name.log" 2>/dev/null || printf 0)
  milliseconds && begin=$REPLY
  "$SAKER_BUILD/${process_program[$name]}" "${options[@]}" --ready-fd 8 \
    8>&"$ready_fd" 9>&- </dev/null >>"$data_dir/logs/$name.log" 2>&1 &
  started_pid=$!
  process_write_pid "$name" "$started_pid"
  process_await_ready "$name" "$ready_fd" "$begin"
  local outcome=$?
  exec {ready_fd}>&-
  return $outcome
}

process_await_ready() { # process_await_ready NAME FD BEGIN_MS
  local part heard= deadline=$(($3 + process_ready_s[$1] * 1000))
  while milliseconds && ((REPLY < deadline)); do
    # What a read that ran out of time already holds is a part of the word.
    IFS= read -r -t 0.1 part <&"$2" || true
    heard+=$part
    if [[ $heard == ready ]]; then
      : >"$data_dir/run/$1.ready"
      milliseconds
      seconds_text $((REPLY - $3))
      return 0
    fi
    process_pid "$1" || return 1
  done
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
  kill -TERM "$pid" 2>/dev/null || true
  while process_pid "$name"; do
    milliseconds
    if ((REPLY > begin + $2 * 1000)); then
      kill -KILL "$pid" 2>/dev/null || true
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

processes_stop_all() { # last started, first stopped
  local i
  for ((i = ${#process_names[@]} - 1; i >= 0; i--)); do
    process_stop "${process_names[i]}" 15
  done
}
