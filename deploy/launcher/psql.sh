# `./saker psql`: a look into the database.

psql_help() {
  cat <<'TEXT'
./saker psql [--data DIR] [ROLE] [ARGUMENT…]

Opens psql on the database of a running venue, as saker_reader (sees everything, changes nothing)
or as another role: saker_identity, saker_payments, saker_settlement, saker_marketdata, saker_admin.
Further words go to psql, such as -c 'SELECT …'.
TEXT
}

verb_psql() {
  local -a words
  if [[ ${1:-} == -h || ${1:-} == --help ]]; then psql_help && return; fi
  use processes data
  split_data_options "$@"
  data_require
  exec "$BASH" "$SAKER_ROOT/deploy/database/cluster.sh" "$data_dir" psql "${words[@]}"
}
