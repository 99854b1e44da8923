# `./saker backup`: everything that cannot be derived, in one file, while the venue trades.
# What is in it and why: docs/recovery.md.

backup_layout='Saker backup, layout 1'

backup_help() {
  cat <<'TEXT'
./saker backup [--data DIR] [--to FILE|DIR]

Writes one file that `./saker restore` makes the venue from: the command log up to one moment,
checked record by record; identity and payments from the database, as of the same moment;
configuration, secrets, signed heads. Ledger, market data, events and snapshots are not in it:
they are made anew from the log. Trading goes on; payments wait for a blink.

THE FILE HOLDS ALL SECRETS OF THE VENUE, not encrypted. Its mode is 0600; keep it so, and
encrypt what leaves the machine.

  --to FILE|DIR   where (default: the present folder); in a folder it is called
                  saker-backup-<UTC>-<sequence>.tar.gz. An existing file is not replaced.
TEXT
}

verb_backup() {
  local to=.
  while [[ $# -gt 0 ]]; do
    take_data_option "$@"
    if ((taken)); then shift "$taken" && continue; fi
    case $1 in
      -h | --help) backup_help && return ;;
      --to)
        need_value "$1" $#
        to=$2
        shift
        ;;
      *) usage_error "backup: unknown word $1" ;;
    esac
    shift
  done
  use packages build processes data process
  data_require
  [[ -f $data_dir/log/log-0000000000000000.seg ]] || die "there is no log in $data_dir/log"
  [[ ! -f $to ]] || die "$to exists already; nothing was written"
  backup_tools
  local folder=$to
  [[ -d $to ]] || folder=$(dirname -- "$to")
  # Beside the target, so that it can be moved there whole. For its owner only, like all in it.
  umask 077
  stage=$(mktemp -d -- "$folder/.saker-backup.XXXXXX") || die "cannot write to $folder"
  trap backup_end EXIT
  backup_collect "$stage/all"
  backup_pack "$stage" "$to"
}

stage=
backup_end() {
  rm -rf -- "$stage"
  [[ -z $database_started ]] || cluster stop
}

backup_tools() { # the log tool, built when missing
  if [[ ! -x $SAKER_BUILD/${tool_program[log]} ]]; then
    ensure_packages base
    build "$SAKER_BUILD_KIND" "${tool_program[log]}"
  fi
}

cluster() { "$BASH" "$SAKER_ROOT/deploy/database/cluster.sh" "$data_dir" "$@"; }

# Of a venue that is stopped the database is started for as long as it is needed.
database_started=
backup_database_start() {
  process_pid postgres && return
  database_started=1
  cluster start >/dev/null || die "the database does not start (log: $data_dir/logs/postgres.log)"
}

# The log's end, once it reaches what the database has been told of. One line: psql takes no more.
backup_find_end='for try in 1 2 3 4 5 6 7 8 9; do "$1" end "$2" $4 >"$3" &&'
backup_find_end+=' [ "$(cat "$3")" -ge "$SAKER_TOLD" ] && exit; sleep 0.1; done; rm -f "$3"'

backup_collect() { # backup_collect DIR; sets `sequence`
  local all=$1 log=$SAKER_BUILD/${tool_program[log]} bytes live=
  if process_pid engine; then live=--live; fi
  mkdir -- "$all" "$all/evidence"
  # First what must not be ahead of the log.
  if [[ -f $data_dir/evidence/heads ]]; then
    bytes=$(stat -c %s "$data_dir/evidence/heads")
    head -c $((bytes - bytes % 224)) "$data_dir/evidence/heads" >"$all/evidence/heads"
    cp -- "$data_dir/evidence/public_key.hex" "$all/evidence/"
  fi
  if [[ -d $data_dir/postgres ]]; then
    backup_database_start
    cluster dump "$all/database.sql" sh -c "$backup_find_end" \
      sh "$log" "$data_dir/log" "$all/end" "$live" ||
      die "the database could not be dumped; nothing was written"
  else
    "$log" end "$data_dir/log" $live >"$all/end" ||
      die "the log cannot be read; nothing was written"
  fi
  read -r sequence <"$all/end" && rm -- "$all/end" || die "the log's end could not be read"
  "$log" copy "$data_dir/log" "$all/log" --to "$sequence" $live ||
    die "the log could not be copied; nothing was written"
  cp -R -- "$data_dir/config" "$data_dir/secrets" "$all/"
  # Passwords of the database's roles: another cluster has its own.
  rm -f -- "$all"/secrets/database-*
  cp -- "$data_dir/port_base" "$all/port_base"
  printf '%s\nsequence %s\ntime %(%Y-%m-%dT%H:%M:%SZ)T\n' "$backup_layout" "$sequence" -1 \
    >"$all/BACKUP"
}

backup_pack() { # backup_pack STAGE TARGET
  local stage=$1 to=$2 digest
  if [[ -d $to ]]; then
    printf -v to '%s/saker-backup-%(%Y%m%dT%H%M%SZ)T-%s.tar.gz' "$to" -1 "$sequence"
  fi
  (cd "$stage/all" && find . -type f ! -name MANIFEST -print0 | sort -z |
    xargs -0 sha256sum >../MANIFEST && mv ../MANIFEST .) || die "cannot make the manifest"
  tar --create --sparse --sort=name --owner=0 --group=0 -C "$stage" all |
    gzip -1 >"$stage/file" || die "cannot write $to"
  sync "$stage/file"
  # Hard link: fails where a file came to be meanwhile.
  ln -- "$stage/file" "$to" || die "$to was not written"
  sync "$(dirname -- "$to")"
  digest=$(sha256sum <"$to")
  say "backup of $data_dir up to sequence $sequence: $to"
  say "$(stat -c %s "$to") bytes, SHA-256 ${digest%% *}"
  say "IT HOLDS ALL SECRETS OF THE VENUE, unencrypted: keep its mode 0600," \
    "encrypt what leaves this machine"
}
