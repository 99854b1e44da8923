# Debian packages: what is missing of deploy/packages.txt is installed, and only then is apt asked.

packages_of_group() { # packages_of_group NAME -> package names, one a line
  local line group=
  while IFS= read -r line; do
    line=${line%%#*}
    line=${line//[[:space:]]/}
    case $line in
      '') ;;
      '['*']') group=${line:1:-1} ;;
      *) if [[ $group == "$1" ]]; then printf '%s\n' "$line"; fi ;;
    esac
  done <"$SAKER_ROOT/deploy/packages.txt"
}

packages_missing() { # packages_missing NAME... -> those not installed
  local -A installed=()
  local name status
  while read -r name status; do
    [[ $status == installed ]] && installed[$name]=1
  done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
  for name in "$@"; do
    [[ -n ${installed[$name]:-} ]] || printf '%s\n' "$name"
  done
}

# The words that put root's rights before a command: none for root, sudo where it exists.
packages_as_root() {
  if [[ $EUID -eq 0 ]]; then
    as_root=(env)
  elif command -v sudo >/dev/null; then
    as_root=(sudo env)
  else
    die "these packages are missing, and installing them needs root or sudo: $*"
  fi
}

packages_apt() { # packages_apt WHAT WORD...: runs apt-get with milestones instead of its chatter
  local what=$1 log=$SAKER_ROOT/build/packages.log
  shift
  mkdir -p "$SAKER_ROOT/build"
  # Lines of apt's status stream tell the percentage; all of it goes to the log file.
  if ! "${as_root[@]}" DEBIAN_FRONTEND=noninteractive \
    apt-get -y -q -o DPkg::Lock::Timeout=300 -o APT::Status-Fd=1 "$@" </dev/null 2>&1 |
    tee -a "$log" | packages_progress "$what"; then
    tail -n 20 "$log" >&2
    die "apt-get ${*: 1:1} failed; the whole output is in $log"
  fi
}

packages_progress() { # lines "pmstatus:NAME:PERCENT:text" or "dlstatus:…" -> one line per 20 %
  local kind percent rest last=-1
  while IFS=: read -r kind _ percent rest; do
    percent=${percent%%.*}
    [[ $percent =~ ^[0-9]+$ ]] || continue
    if ((percent / 20 != last)) && ((percent < 100)); then
      last=$((percent / 20))
      case $kind in
        dlstatus) say "$1: fetching, $percent %" ;;
        pmstatus) say "$1: installing, $percent %" ;;
      esac
    fi
  done
}

ensure_packages() { # ensure_packages GROUP...
  [[ -z ${SAKER_NO_INSTALL:-} ]] || return 0
  local group stamp=$SAKER_ROOT/build/packages-${*// /-} list=$SAKER_ROOT/deploy/packages.txt
  local -a wanted=() missing=() as_root=()
  # They were all there, and neither dpkg nor the list has changed since.
  if [[ $stamp -nt /var/lib/dpkg/status && $stamp -nt $list ]]; then return; fi
  for group in "$@"; do
    mapfile -t -O ${#wanted[@]} wanted < <(packages_of_group "$group")
  done
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die "this is not a Debian system; install the equivalents of deploy/packages.txt" \
      "and set SAKER_NO_INSTALL=1"
  mapfile -t missing < <(packages_missing "${wanted[@]}")
  mkdir -p "$SAKER_ROOT/build"
  [[ ${#missing[@]} -gt 0 ]] || { : >"$stamp" && return; }
  packages_as_root "${missing[*]}"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  packages_without_system_cluster
  packages_apt "package lists" update
  packages_apt "packages" install --no-install-recommends "${missing[@]}"
  mapfile -t missing < <(packages_missing "${wanted[@]}")
  [[ ${#missing[@]} -eq 0 ]] || die "still missing after apt-get: ${missing[*]}"
  say "packages installed"
}

# Debian's postgresql makes and starts a cluster of its own at once, unless told before that it must
# not. Ours are private, one per data directory. Who has PostgreSQL already keeps their settings.
packages_without_system_cluster() {
  local config=/etc/postgresql-common/createcluster.conf
  [[ " ${missing[*]} " == *" postgresql-15 "* && ! -e $config ]] || return 0
  "${as_root[@]}" mkdir -p /etc/postgresql-common
  printf 'create_main_cluster = false\n' | "${as_root[@]}" tee "$config" >/dev/null
}
