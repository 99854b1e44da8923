#!/usr/bin/env bash
# One private PostgreSQL cluster of a data directory, reached through its own Unix socket only.
# The same script serves the supervisor, the tests and the production unit. See README.md.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 022

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly here
readonly database=saker admin=saker_admin port=5432
# shellcheck source=deploy/database/cluster_owner.sh
source "$here/cluster_owner.sh"
# shellcheck source=deploy/database/migrate.sh
source "$here/migrate.sh"
# shellcheck source=deploy/database/dump.sh
source "$here/dump.sh"

die() {
  printf 'cluster: %s\n' "$*" >&2
  exit 1
}

usage() {
  cat <<'TEXT'
deploy/database/cluster.sh DATA start          makes what is missing, starts it, applies migrations
deploy/database/cluster.sh DATA stop           orderly stop, whoever started it
deploy/database/cluster.sh DATA run            becomes the server (for a supervisor); no migrations
deploy/database/cluster.sh DATA await          waits for the server of `run`, then as `migrate`
deploy/database/cluster.sh DATA migrate        applies new migrations, makes missing secrets
deploy/database/cluster.sh DATA conninfo ROLE  prints the libpq connection string of a role
deploy/database/cluster.sh DATA psql [ROLE] [ARGUMENT...]   psql as a role (default saker_reader)
deploy/database/cluster.sh DATA dump FILE [COMMAND...]   identity and payments as a file
deploy/database/cluster.sh DATA load FILE                such a file into a new cluster
deploy/database/cluster.sh DATA forget         removes what lies outside DATA; the server is down
TEXT
}

readonly socket_path_limit=100 # bytes; the kernel's own limit is 107

set_paths() { # set_paths DATA
  data=$(readlink -m -- "$1")
  home=$data/postgres
  files=$home/data
  secrets=$data/secrets
  config=$data/config/postgresql.conf
  socket=$home/socket
  if ((${#socket} + ${#port} + 11 >= socket_path_limit)); then
    local runtime=${XDG_RUNTIME_DIR:-}
    if ((EUID == 0)); then runtime=/run; fi
    [[ -d $runtime && -w $runtime ]] || runtime=/tmp
    socket=$runtime/saker-database-$EUID-$(printf '%s' "$data" | sha256sum | cut -c1-16)
  fi
}

find_programs() {
  programs=/usr/lib/postgresql/15/bin
  [[ ! -x $programs/postgres || ! -x $programs/initdb ]] || return 0
  programs=$(pg_config --bindir 2>/dev/null || true)
  [[ -x $programs/postgres && -x $programs/initdb ]] ||
    die "PostgreSQL 15 is not installed (Debian package postgresql-15)"
}

# --- making it ---------------------------------------------------------------------------------

random_password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

secret_of() { printf '%s/database-%s.conninfo' "$secrets" "$1"; }

quoted() { # quoted TEXT: as a value in a connection string
  local text=${1//\\/\\\\}
  REPLY="'${text//\'/\\\'}'"
}

write_conninfo() { # write_conninfo ROLE PASSWORD: whole or not at all, for its owner only
  local file
  file=$(secret_of "$1")
  quoted "$socket"
  (umask 077 && printf 'host=%s port=%s dbname=%s user=%s password=%s connect_timeout=10\n' \
    "$REPLY" "$port" "$database" "$1" "$2" >"$file.new")
  mv -- "$file.new" "$file"
}

password_of() { # password_of ROLE: from its file, or nothing
  local file
  file=$(secret_of "$1")
  if [[ -f $file ]]; then sed -n 's/.* password=\([0-9a-f]*\) .*/\1/p' "$file"; fi
}

refresh_conninfo() { # the socket's place changes when DATA is moved; passwords stay
  local file role password
  for file in "$secrets"/database-*.conninfo; do
    [[ -f $file ]] || continue
    role=${file##*/database-} role=${role%.conninfo}
    password=$(password_of "$role")
    [[ -n $password ]] || die "$file is damaged: it holds no password"
    quoted "$socket"
    [[ $(<"$file") == "host=$REPLY "* ]] || write_conninfo "$role" "$password"
  done
}

make_folders() {
  mkdir -p -- "$data" "$data/config" "$data/logs" "$home"
  mkdir -p -m 700 -- "$secrets"
  [[ -f $config ]] || cp -- "$here/postgresql.conf" "$config"
  give_to_owner "$home"
}

make_socket_folder() {
  if [[ ! -d $socket ]]; then mkdir -m 755 -- "$socket"; fi
  # In a folder that others may write to, somebody could have been first.
  [[ ! -L $socket && ($(stat -c %u "$socket") == "$EUID" ||
    $(stat -c %u "$socket") == "$owner_id") ]] || die "$socket belongs to somebody else"
  give_to_owner "$socket"
}

# Made beside its place and moved there when complete, so that a stop half-way leaves nothing that
# looks like a cluster.
make_cluster() {
  [[ ! -f $files/PG_VERSION ]] || return 0
  local password log=$data/logs/postgres-initdb.log
  password=$(password_of "$admin")
  if [[ -z $password ]]; then
    password=$(random_password)
    write_conninfo "$admin" "$password"
  fi
  rm -rf -- "$files.new" "$home/password"
  (umask 077 && printf '%s\n' "$password" >"$home/password")
  give_to_owner "$home/password"
  as_owner "$programs/initdb" --pgdata="$files.new" --username="$admin" \
    --pwfile="$home/password" --auth-local=scram-sha-256 --auth-host=reject \
    --encoding=UTF8 --locale=C --data-checksums >"$log" 2>&1 </dev/null ||
    { tail -n 20 "$log" >&2 && die "initdb failed (log: $log)"; }
  rm -f -- "$home/password"
  printf 'local all all scram-sha-256\n' >"$files.new/pg_hba.conf"
  mv -- "$files.new" "$files"
}

# --- running it --------------------------------------------------------------------------------

server_pid() { # sets REPLY to the pid of the server; fails when none runs here
  local pid
  { read -r pid <"$files/postmaster.pid"; } 2>/dev/null || return 1
  [[ $pid =~ ^[0-9]+$ && /proc/$pid/cwd -ef $files ]] || return 1
  REPLY=$pid
}

stop_orphans() { # the children of a server that was killed: they leave by themselves, or are told
  local folder
  for folder in /proc/[0-9]*; do
    if [[ $folder/cwd -ef $files ]]; then kill -QUIT "${folder##*/}" 2>/dev/null || true; fi
  done
}

# The lock goes with the server into its children: who gets it knows that none of them is left,
# so that a pid file still there tells of a server that was killed.
take_lock() {
  exec {lock}>>"$home/lock"
  flock -w 0.5 "$lock" && return
  if server_pid; then die "a server already runs in $home (pid $REPLY)"; fi
  stop_orphans
  flock -w 20 "$lock" || die "processes of an earlier server hold on to $home"
}

cluster_run() {
  make_folders
  take_lock
  make_socket_folder
  make_cluster
  refresh_conninfo
  rm -f -- "$files/postmaster.pid" "$socket/.s.PGSQL.$port" "$socket/.s.PGSQL.$port.lock"
  owner_command
  exec "${REPLY_WORDS[@]}" "$programs/postgres" -D "$files" -c "config_file=$config" \
    -c "data_directory=$files" -c "hba_file=$files/pg_hba.conf" \
    -c "ident_file=$files/pg_ident.conf" -c "unix_socket_directories=$(quoted_guc "$socket")" \
    -c "port=$port" -c "listen_addresses="
}

quoted_guc() { # a folder in a list of folders: in double quotes, for it may hold a comma
  printf '"%s"' "${1//\"/\"\"}"
}

is_answering() { # says its pid file, and so does its socket: it may have just been killed
  local -a lines
  server_pid && mapfile -t lines 2>/dev/null <"$files/postmaster.pid" || return 1
  [[ ${lines[7]:-} == ready* ]] && "$programs/pg_isready" -q -h "$socket" -p "$port" -t 2
}

cluster_await() { # cluster_await [PID]: gives up when PID is gone
  local deadline=$((EPOCHSECONDS + 110))
  until is_answering; do
    if [[ -n ${1:-} ]] && ! kill -0 "$1" 2>/dev/null; then return 1; fi
    ((EPOCHSECONDS < deadline)) || return 1
    sleep 0.05
  done
}

cluster_start() {
  local log=$data/logs/postgres.log deadline=$((EPOCHSECONDS + 30))
  # One that is there may have been killed a moment ago: then another one is needed.
  while server_pid && ! is_answering && ((EPOCHSECONDS < deadline)); do sleep 0.05; done
  if ! server_pid; then
    make_folders
    setsid "$BASH" "$here/cluster.sh" "$data" run </dev/null >>"$log" 2>&1 &
    cluster_await $! || { tail -n 20 "$log" >&2 && die "the server did not start (log: $log)"; }
  fi
  cluster_await || die "the server does not answer (log: $log)"
  cluster_migrate
}

cluster_stop() {
  local pid deadline=$((EPOCHSECONDS + 30))
  if ! server_pid; then return 0; fi
  pid=$REPLY
  kill -INT "$pid" 2>/dev/null || true
  while server_pid || kill -0 "$pid" 2>/dev/null && ! is_zombie "$pid"; do
    if ((EPOCHSECONDS > deadline)); then
      kill -QUIT "$pid" 2>/dev/null || true
      die "the server (pid $pid) did not stop within 30 s and was told to abort"
    fi
    sleep 0.02
  done
}

is_zombie() { # is_zombie PID: has it ended, with nobody yet who took note?
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null && [[ ${line##*) } == Z* ]]
}

cluster_conninfo() { # cluster_conninfo ROLE
  local file
  [[ $1 =~ ^[a-z_]+$ ]] || die "'$1' is not a role's name"
  file=$(secret_of "$1")
  [[ -f $file ]] || die "no role $1 in $data; there are: $(roles_known)"
  cat -- "$file"
}

roles_known() {
  local file
  for file in "$secrets"/database-*.conninfo; do
    file=${file##*/database-}
    printf '%s ' "${file%.conninfo}"
  done
}

psql_as() { # psql_as ROLE ARGUMENT...: the password goes through the environment of psql alone
  local role=$1 password
  password=$(password_of "$role")
  [[ -n $password ]] || die "no secret for the role $role in $secrets"
  shift
  env -u PGOPTIONS -u PGSERVICE -u PGPASSFILE PGPASSWORD="$password" PGCONNECT_TIMEOUT=10 \
    "$programs/psql" -X -h "$socket" -p "$port" -d "$database_now" -U "$role" "$@"
}

cluster_psql() { # cluster_psql [ROLE] [ARGUMENT...]
  local role=saker_reader
  if [[ $# -gt 0 && $1 != -* ]]; then
    role=$1
    shift
  fi
  cluster_conninfo "$role" >/dev/null
  psql_as "$role" "$@"
}

cluster_forget() {
  if server_pid; then die "the server (pid $REPLY) is running in $home"; fi
  if [[ $socket != "$home"/* ]]; then rm -rf -- "$socket"; fi
}

main() {
  if [[ $# -lt 2 ]]; then
    usage >&2
    exit 2
  fi
  set_paths "$1"
  find_programs
  choose_owner
  database_now=$database
  local word=$2
  shift 2
  case $word in
    start | stop | run | migrate | forget) "cluster_$word" ;;
    await) cluster_await "$@" && cluster_migrate ;;
    conninfo)
      [[ $# -eq 1 ]] || die "conninfo takes a role: one of $(roles_known)"
      cluster_conninfo "$1"
      ;;
    psql) cluster_psql "$@" ;;
    dump | load) "cluster_$word" "$@" ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
}

main "$@"
exit
