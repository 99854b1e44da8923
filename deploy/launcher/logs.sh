# `./saker logs NAME`: what a process said.

logs_help() {
  cat <<'TEXT'
./saker logs NAME [--data DIR] [-f] [-n LINES]

NAME is one of the processes that `./saker status` lists, or saker for the supervisor that starts
and restarts them.
  -f         go on showing what is added
  -n LINES   how many of the last lines (default 50)
TEXT
}

verb_logs() {
  local name= lines=50
  local -a follow=()
  while [[ $# -gt 0 ]]; do
    take_data_option "$@"
    if ((taken)); then shift "$taken" && continue; fi
    case $1 in
      -h | --help) logs_help && return ;;
      -f) follow=(-F) ;;
      -n)
        need_value "$1" $#
        [[ $2 =~ ^[0-9]+$ ]] || usage_error "logs: -n takes a number, not '$2'"
        lines=$2
        shift
        ;;
      -*) usage_error "logs: unknown option $1" ;;
      *) name=$1 ;;
    esac
    shift
  done
  use processes data process
  data_require
  [[ " ${process_names[*]} saker " == *" ${name:-?} "* ]] ||
    usage_error "logs: which log? one of ${process_names[*]} saker"
  [[ -f $data_dir/logs/$name.log ]] || die "$name has not run in $data_dir yet"
  exec tail -n "$lines" "${follow[@]}" -- "$data_dir/logs/$name.log"
}
