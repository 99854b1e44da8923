# The verbs that are programs of their own: built when missing, then started with the rest of the
# command line, and with the data directory where they take one.

verb_tool() { # verb_tool VERB WORD...
  local verb=$1
  shift
  use packages build processes data process
  if [[ ! -x $SAKER_BUILD/${tool_program[$verb]} ]]; then
    ensure_packages base
    build "$SAKER_BUILD_KIND" "${tool_program[$verb]}"
  fi
  case $verb in
    top | admin | reconcile) tool_of_data "$verb" "$@" ;;
    log) tool_log "$@" ;;
    *) exec "$SAKER_BUILD/${tool_program[$verb]}" "$@" ;;
  esac
}

tool_of_data() { # tool_of_data VERB WORD...: a program that talks to what runs in a data directory
  local verb=$1
  local -a words
  shift
  split_data_options "$@"
  if [[ " ${words[*]} " != *' --help '* && " ${words[*]} " != *' -h '* ]]; then data_require; fi
  data_port_base
  exec "$SAKER_BUILD/${tool_program[$verb]}" --data "$data_dir" --port-base "$port_base" \
    "${words[@]}"
}

# Without a directory of its own, `log` reads the data directory's; --live where the engine runs
# and it matters. A proof is checked without any.
tool_log() {
  local word named=
  local -a words
  split_data_options "$@"
  for word in "${words[@]}"; do
    if [[ -d $word || $word == -h || $word == --help ]]; then named=1; fi
  done
  if [[ -z $named && ${#words[@]} -gt 0 && ${words[0]} != check ]]; then
    data_require
    words=("${words[0]}" "$data_dir/log" "${words[@]:1}")
    if [[ ${words[0]} != @(audit|prove) ]] && process_pid engine; then words+=(--live); fi
  fi
  exec "$SAKER_BUILD/${tool_program[log]}" "${words[@]}"
}
