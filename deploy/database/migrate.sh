# Migrations: files migrations/NNN_name.sql, applied once each in the order of their numbers, each
# in a transaction together with the record that it was; then the roles' passwords. Sourced by
# cluster.sh.

admin_sql() { # admin_sql ARGUMENT...: psql as the owner of everything, quiet, plain, strict
  psql_as "$admin" -q -A -t -v ON_ERROR_STOP=1 "$@"
}

# Roles that may log in, one a row; the owner of everything has its password from the start.
readonly login_roles="SELECT 'role', rolname FROM pg_roles
  WHERE rolcanlogin AND rolname LIKE 'saker\\_%' AND rolname <> '$admin'"

# Makes the database when it is not there and says how far it is: rows "migration NUMBER NAME
# CHECKSUM", then "role NAME". One psql for all: nearly every start finds nothing to do.
make_database() {
  (database_now=postgres && admin_sql -F ' ' <<SQL)
SELECT count(*) = 0 AS missing FROM pg_database WHERE datname = '$database' \gset
\if :missing
CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8';
\endif
\connect $database
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS public.saker_migrations (
  number     integer PRIMARY KEY,
  name       text NOT NULL,
  checksum   text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT 'migration', number, name, checksum FROM public.saker_migrations ORDER BY number;
$login_roles;
SQL
}

# Of the rows: sets `applied` (NUMBER -> "NAME CHECKSUM"), `last_applied` and `roles`.
read_state() {
  local kind first name checksum
  while read -r kind first name checksum; do
    case $kind in
      migration) applied[$first]="$name $checksum" last_applied=$first ;;
      role) roles+=("$first") ;;
    esac
  done
}

migration_number() { # migration_number FILE -> REPLY
  local name=${1##*/}
  [[ $name =~ ^([0-9]{3})_[a-z0-9_]+\.sql$ ]] ||
    die "$1: a migration is called NNN_name.sql, with three digits"
  REPLY=$((10#${BASH_REMATCH[1]}))
}

check_applied() { # check_applied FILE NUMBER CHECKSUM: what was applied must still be what is here
  local name=${1##*/}
  [[ ${applied[$2]} == "$name $3" ]] ||
    die "$name is not what this database was made with (applied: ${applied[$2]%% *}):" \
      "an applied migration never changes, write a new one"
}

apply_migration() { # apply_migration FILE NUMBER CHECKSUM
  local name=${1##*/}
  (($2 > last_applied)) ||
    die "$name comes before number $last_applied, which is applied already: give it a higher one"
  if grep -qiE '^(begin|commit|rollback|end)[[:space:]]*(transaction|work)?;' "$1"; then
    die "$name: a migration runs in one transaction and must not end it"
  fi
  admin_sql --single-transaction -f "$1" -c "INSERT INTO public.saker_migrations
    (number, name, checksum) VALUES ($2, '$name', '$3')" || die "$name failed; nothing of it stays"
  printf 'cluster: applied %s\n' "$name"
}

apply_migrations() {
  local checksum file number
  local -A seen=()
  local -a files=("${SAKER_MIGRATIONS:-$here/migrations}"/*.sql) checksums
  mapfile -t checksums < <(sha256sum -- "${files[@]}")
  for file in "${files[@]}"; do
    migration_number "$file"
    number=$REPLY
    [[ -z ${seen[$number]:-} ]] || die "two migrations have the number $number"
    checksum=${checksums[${#seen[@]}]%% *}
    seen[$number]=1
    if [[ -n ${applied[$number]:-} ]]; then
      check_applied "$file" "$number" "$checksum"
    else
      apply_migration "$file" "$number" "$checksum"
      last_applied=$number new=1
    fi
  done
  for number in "${!applied[@]}"; do
    [[ -n ${seen[$number]:-} ]] ||
      die "the database has ${applied[$number]%% *}, which this version does not know"
  done
}

# A role that may log in and has no file gets a new password; the file is written when it counts.
make_passwords() {
  local role password
  for role in "${roles[@]}"; do
    [[ -z $(password_of "$role") ]] || continue
    password=$(random_password)
    admin_sql -v role="$role" <<<"SET log_min_error_statement = panic;
      ALTER ROLE :\"role\" PASSWORD '$password';"
    write_conninfo "$role" "$password"
  done
}

cluster_migrate() {
  local lock rows last_applied=0 new=
  local -A applied=()
  local -a roles=()
  exec {lock}>>"$home/migrate.lock"
  flock "$lock"
  rows=$(make_database) || die "the database cannot be made or read"
  read_state <<<"$rows"
  apply_migrations
  if [[ -n $new ]]; then # they may have made roles
    roles=()
    rows=$(admin_sql -F ' ' -c "$login_roles")
    read_state <<<"$rows"
  fi
  make_passwords
  exec {lock}>&-
}
