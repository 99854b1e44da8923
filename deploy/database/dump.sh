# What the database alone knows (identity, payments) as a file, and back. The schemas ledger and
# marketdata are not in it: they are made anew from the log. Sourced by cluster.sh.

readonly own_schemas=(identity payments)

# cluster_dump FILE [COMMAND...]: the rows as they were at one moment, at which no payment was half
# way to the engine: whatever the engine has been told by then has its row in FILE. COMMAND runs at
# that moment, so that it can look how far the log is; SAKER_TOLD is the last record of it that FILE
# speaks of. Trading goes on, payments wait for it.
cluster_dump() {
  [[ $# -ge 1 ]] || die "dump takes a file"
  local file said='' tries
  file=$(readlink -m -- "$1")
  shift
  dump_migrations >"$file.migrations"
  # A lock that is not to be had at once is asked for again, before anybody could wait in a circle.
  for ((tries = 0; tries < 100; tries++)); do
    said=$(dump_at_one_moment "$file" "$@" 2>&1) && return
    rm -f -- "$file"
    [[ $said == *'lock timeout'* ]] || break
    sleep 0.1
  done
  die "the payments of $data could not be dumped: $said"
}

# Locks taken after a savepoint go when it is taken back; what the transaction sees stays what it
# saw first, so that the dump itself keeps nobody waiting.
dump_at_one_moment() { # dump_at_one_moment FILE [COMMAND...]
  local file=$1 words
  local -a schemas=("${own_schemas[@]/#/--schema=}")
  shift
  # For psql and pg_dump alike.
  export PGHOST=$socket PGPORT=$port PGUSER=$admin PGDATABASE=$database SAKER_DUMP=$file
  printf -v words '%q ' "$@"
  dump_psql <<SQL || return
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL lock_timeout = '300ms';
SAVEPOINT before_lock;
LOCK TABLE payments.outbox, payments.accounts IN SHARE MODE;
SELECT coalesce(max(engine_sequence), 0) AS told FROM payments.outbox \gset
\setenv SAKER_TOLD :told
\! ${words:-true}
ROLLBACK TO SAVEPOINT before_lock;
RELEASE SAVEPOINT before_lock;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SAKER_SNAPSHOT :snapshot
\! $programs/pg_dump --data-only ${schemas[*]} --snapshot="\$SAKER_SNAPSHOT" -f "\$SAKER_DUMP"
COMMIT;
SQL
  [[ -s $file ]] && tail -n 5 -- "$file" | grep -q 'PostgreSQL database dump complete'
}

dump_psql() { psql_as "$admin" -q -A -t -v ON_ERROR_STOP=1 >/dev/null; }

dump_migrations() { # NUMBER NAME CHECKSUM, one a line: what the rows fit
  admin_sql -F ' ' -c \
    "SELECT number, name, checksum FROM public.saker_migrations ORDER BY number"
}

# cluster_load FILE: into a cluster that is made for it, with the migrations FILE was dumped with;
# later ones are applied when it starts the next time.
cluster_load() {
  [[ $# -eq 1 ]] || die "load takes a file"
  [[ ! -d $files ]] || die "$home exists already; nothing was loaded"
  local number name checksum known here_checksum folder
  folder=$(mktemp -d)
  while read -r number name checksum; do
    known=$here/migrations/$name
    here_checksum=$(sha256sum <"$known") || die "this version does not know the migration $name"
    [[ ${here_checksum%% *} == "$checksum" ]] ||
      die "$name is not what the dumped database was made with"
    cp -- "$known" "$folder/"
  done <"$1.migrations"
  SAKER_MIGRATIONS=$folder cluster_start
  rm -rf -- "$folder"
  # Tables refer to each other; the dump is consistent, so no reference is checked on the way.
  { printf 'SET session_replication_role = replica;\n' && cat -- "$1"; } |
    psql_as "$admin" -q -v ON_ERROR_STOP=1 --single-transaction -f - >/dev/null ||
    die "the dump could not be loaded"
  cluster_stop
}
