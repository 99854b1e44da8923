#!/usr/bin/env bash
# Before a service starts (as root): gives it copies of the secrets that it needs, and of no others,
# from whoever made them. Waits for makers that have just been started.
# Arguments: SERVICE [DATA [CONFIGURATION]]
set -euo pipefail
export LC_ALL=C.UTF-8

service=$1 data=${2:-/var/lib/saker} configuration=${3:-/etc/saker}
venue=$data/secrets.d/venue # the service token, which nobody in particular makes
engine=$data/secrets.d/engine
accounts=$data/secrets.d/accounts
database=$data/database/secrets
patience_s=60

# Sets `needed`: the files that the service gets. Sessions are those of venue.toml.
needed_by() {
  local -a keys=()
  needed=()
  case $1 in
    follower) needed=("$engine/key-*.hex") ;;
    settlement)
      keys=(17)
      needed=("$database/database-saker_settlement.conninfo" "$venue/service.token")
      ;;
    accounts)
      keys=(5 16)
      needed=("$database"/database-saker_{identity,payments}.conninfo "$venue/service.token")
      ;;
    marketdata) needed=("$database/database-saker_marketdata.conninfo" "$venue/service.token") ;;
    gateway)
      keys=(6)
      needed=("$venue/service.token" "$accounts/token-verify.pub")
      ;;
    bots)
      mapfile -t keys < <(sed -n 's/^session = \([0-9]*\).*/\1/p' "$configuration/bots.toml")
      ;;
    *)
      printf 'share_secrets: no such service: %s\n' "$1" >&2
      exit 2
      ;;
  esac
  local key
  for key in "${keys[@]}"; do needed+=("$engine/key-$key.hex"); done
}

make_service_token() {
  [[ ! -s $venue/service.token ]] || return 0
  (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$venue/service.token.new")
  mv -- "$venue/service.token.new" "$venue/service.token"
}

copy_to_service() { # copy_to_service FILE: whole or not at all
  local target
  target=$data/secrets.d/$service/$(basename "$1")
  install -o "saker-$service" -g saker -m 600 -- "$1" "$target.new"
  mv -- "$target.new" "$target"
}

is_there() { # is_there PATTERN: the engine has made all of its own when it shows its counters
  [[ $1 != "$engine"/* || -f $data/run/engine.counters ]] && compgen -G "$1" >/dev/null
}

share() { # share PATTERN: all files of it; waits until they are there
  local deadline=$((EPOCHSECONDS + patience_s)) file
  until is_there "$1"; do
    if ((EPOCHSECONDS >= deadline)); then
      printf 'share_secrets: %s needs %s, which nobody has made\n' "$service" "$1" >&2
      exit 1
    fi
    sleep 0.2
  done
  for file in $(compgen -G "$1"); do copy_to_service "$file"; done
}

main() {
  local -a needed
  local pattern
  needed_by "$service"
  make_service_token
  for pattern in "${needed[@]}"; do share "$pattern"; done
}

main
