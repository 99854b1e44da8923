# `./saker restore`: a venue from a backup, into an empty data directory.

restore_help() {
  cat <<'TEXT'
./saker restore FILE [--data DIR] [--port-base N]

Makes the data directory DIR, which must not exist or be empty, from what `./saker backup` wrote:
checks every file, the log record by record and against the signed heads, and loads identity and
payments into a new database. `./saker up` then replays the log and makes ledger, market data and
snapshots anew. What happened after the backup is lost, so a new epoch begins: clients log on
again, subscribers of the feed take a snapshot.
TEXT
}

verb_restore() {
  local file=
  while [[ $# -gt 0 ]]; do
    take_data_option "$@"
    if ((taken)); then shift "$taken" && continue; fi
    case $1 in
      -h | --help) restore_help && return ;;
      -*) usage_error "restore: unknown word $1" ;;
      *)
        [[ -z $file ]] || usage_error "restore takes one file"
        file=$1
        ;;
    esac
    shift
  done
  [[ -n $file ]] || usage_error "restore needs the file that ./saker backup wrote"
  [[ -f $file && -r $file ]] || die "cannot read $file"
  use packages build processes data process backup
  if [[ -e $data_dir && -n $(ls -A -- "$data_dir") ]]; then
    die "$data_dir is not empty; nothing was restored. Choose another folder with --data"
  fi
  backup_tools
  mkdir -p -- "$data_dir" || die "cannot make $data_dir"
  trap restore_undo EXIT
  restore_unpack "$file"
  restore_check
  restore_place
  trap - EXIT
  say "restored $data_dir up to sequence $sequence, as of $backup_time"
  say "next: ./saker up --data $data_dir, then ./saker reconcile --data $data_dir"
}

restore_undo() { # what is half there must not be taken for a venue
  if [[ -d $data_dir/postgres ]]; then cluster stop && cluster forget || true; fi
  find "$data_dir" -mindepth 1 -delete
}

restore_unpack() { # restore_unpack FILE: it holds what its manifest says, and nothing else
  local all=$data_dir/all line
  tar --extract --gzip --no-same-owner -f "$1" -C "$data_dir" 2>/dev/null && [[ -f $all/BACKUP ]] ||
    die "$1 is not a backup, or not all of it; nothing was restored"
  { read -r line && read -r _ sequence && read -r _ backup_time; } <"$all/BACKUP"
  [[ $line == "$backup_layout" ]] || die "$1 says '$line', this version reads '$backup_layout'"
  (cd "$all" && sha256sum --check --strict --quiet MANIFEST >&2) ||
    die "$1 is damaged; nothing was restored"
  [[ $(cd "$all" && find . ! -type d ! -path ./MANIFEST -print | sort) == \
    "$(cut -c67- "$all/MANIFEST" | sort)" ]] ||
    die "$1 holds what its manifest does not name; nothing was restored"
}

restore_check() { # the log by itself, and against the heads
  local all=$data_dir/all log=$SAKER_BUILD/${tool_program[log]} said
  said=$("$log" verify "$all/log") || die "the log in the backup is damaged; nothing was restored" \
    $'\n'"$said"
  [[ $said == "records 1 to $sequence are sound"* ]] ||
    die "the log does not end with record $sequence; nothing was restored"
  if [[ -s $all/evidence/heads ]]; then
    "$log" audit "$all/log" || die "the log is not the one that was signed; nothing was restored"
  fi
}

restore_place() {
  local all=$data_dir/all name
  chmod 755 -- "$data_dir"
  mkdir -p -- "$data_dir"/{logs,run}
  # The engine begins a new epoch, once: what came after the backup may have been shown.
  : >"$all/log/restored"
  for name in config evidence log secrets; do mv -- "$all/$name" "$data_dir/$name"; done
  chmod 755 -- "$data_dir"/{config,evidence}
  chmod 644 -- "$data_dir"/config/*
  if [[ -z $port_base ]]; then port_base=$(<"$all/port_base"); fi
  printf '%s\n' "$port_base" >"$data_dir/port_base"
  if [[ -f $all/database.sql ]]; then
    cluster load "$all/database.sql" >/dev/null || die "the database could not be loaded"
  fi
  rm -rf -- "$all"
  sync -f "$data_dir"
  printf 'Saker data directory, layout 1\n' >"$data_dir/$data_marker"
}
