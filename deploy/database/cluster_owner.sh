# Who the server runs as: PostgreSQL refuses root. Root hands the cluster to the user postgres, who
# may have to pass folders that are closed to others (/root): then the server alone is given the
# right to do so. Anybody else runs it as themselves. Sourced by cluster.sh.

choose_owner() {
  if ((EUID != 0)); then
    owner_id=$EUID
    return
  fi
  owner_id=$(id -u postgres 2>/dev/null) ||
    die "root needs the user postgres, which comes with the Debian package postgresql-15"
}

give_to_owner() { # give_to_owner PATH: not what is below it
  if ((EUID == 0)); then chown -- postgres:postgres "$1"; fi
}

has_capability() { # has_capability BIT: is it in this process's bounding and effective sets?
  local name value
  while read -r name value; do
    case $name in
      CapEff: | CapBnd:) (((16#$value >> $1) & 1)) || return 1 ;;
    esac
  done </proc/self/status
}

# Sets REPLY_WORDS: the words before a command that is to run as the owner, with nothing of our
# environment.
owner_command() {
  REPLY_WORDS=(env -i "PATH=$PATH" LC_ALL=C TZ=UTC)
  if [[ -n ${NOTIFY_SOCKET:-} ]]; then REPLY_WORDS+=("NOTIFY_SOCKET=$NOTIFY_SOCKET"); fi
  ((EUID == 0)) || return 0
  local -a become=(setpriv --reuid=postgres --regid=postgres --init-groups)
  if ! "${become[@]}" --inh-caps=-all test -x "$home" -a -r "$config" 2>/dev/null; then
    owner_capability
    become+=("--inh-caps=-all,+$REPLY" "--ambient-caps=-all,+$REPLY")
  else
    become+=(--inh-caps=-all)
  fi
  REPLY_WORDS+=("${become[@]}")
}

owner_capability() { # the smaller right that this machine lets us hand on
  if has_capability 2; then
    REPLY=dac_read_search
  elif has_capability 1; then
    REPLY=dac_override
  else
    die "$data lies in a folder closed to the user postgres; choose another with --data"
  fi
}

as_owner() { # as_owner COMMAND...
  owner_command
  (cd / && "${REPLY_WORDS[@]}" "$@")
}
