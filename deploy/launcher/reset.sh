# `./saker reset`: forget everything.

reset_help() {
  cat <<'TEXT'
./saker reset [--data DIR] [--yes]

Deletes a data directory: command log, database, mail, secrets, configuration, logs. Asks first,
unless --yes is given. Deletes nothing that `./saker up` did not make.
TEXT
}

verb_reset() {
  local yes= answer=
  while [[ $# -gt 0 ]]; do
    take_data_option "$@"
    if ((taken)); then shift "$taken" && continue; fi
    case $1 in
      -h | --help) reset_help && return ;;
      --yes | -y) yes=1 ;;
      *) usage_error "reset: unknown word $1" ;;
    esac
    shift
  done
  use processes data process
  if [[ ! -e $data_dir ]]; then
    say "nothing to delete: $data_dir does not exist"
    return
  fi
  data_is_ours "$data_dir" || die "$data_dir is not a Saker data directory; nothing was deleted"
  reset_refuse_running
  if [[ -z $yes ]]; then
    [[ -t 0 ]] || die "reset asks before it deletes; without a terminal give --yes"
    read -r -p "Delete $data_dir with every order and balance in it? Type yes: " answer
    [[ $answer == yes ]] || die "nothing was deleted"
  fi
  reset_database
  rm -rf -- "$data_dir"
  say "deleted $data_dir"
}

reset_refuse_running() {
  local name
  for name in supervisor "${process_names[@]}"; do
    if process_pid "$name"; then
      die "$name (pid $REPLY) is running in $data_dir; ./saker down first"
    fi
  done
}

# The database may keep its socket elsewhere, and a server that nobody supervises may still run.
reset_database() {
  local cluster=$SAKER_ROOT/deploy/database/cluster.sh
  [[ -d $data_dir/postgres ]] || return 0
  "$BASH" "$cluster" "$data_dir" stop && "$BASH" "$cluster" "$data_dir" forget ||
    die "the database in $data_dir could not be stopped; nothing was deleted"
}
