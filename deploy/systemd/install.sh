#!/usr/bin/env bash
# Installs a built venue as systemd units: deploy/systemd/install.sh [DESTDIR]. Configuration that
# is there already is left alone. With a DESTDIR nothing outside it is touched.
set -euo pipefail
export LC_ALL=C.UTF-8

SAKER_ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
destination=${1:-}
source "$SAKER_ROOT/deploy/launcher/common.sh"
use processes

install_programs() {
  local program
  install -d "$destination/usr/lib/saker/database/migrations" "$destination/usr/lib/saker/mail"
  for program in "${process_program[@]}" "${installed_tools[@]}"; do
    [[ -x $SAKER_BUILD/$program ]] || die "$SAKER_BUILD/$program is not built; ./saker up builds it"
    install -m 755 "$SAKER_BUILD/$program" "$destination/usr/lib/saker/"
  done
  install -m 755 "$SAKER_ROOT/deploy/systemd/share_secrets.sh" "$destination/usr/lib/saker/"
  install -m 755 "$SAKER_ROOT"/deploy/database/cluster.sh "$destination/usr/lib/saker/database/"
  install -m 644 "$SAKER_ROOT"/deploy/database/{cluster_owner,migrate}.sh \
    "$SAKER_ROOT/deploy/database/postgresql.conf" "$destination/usr/lib/saker/database/"
  install -m 644 "$SAKER_ROOT"/deploy/database/migrations/*.sql \
    "$destination/usr/lib/saker/database/migrations/"
  install -m 644 "$SAKER_ROOT/deploy/mail/sink.py" "$destination/usr/lib/saker/mail/"
}

install_page() {
  [[ -f $SAKER_ROOT/frontend/dist/index.html ]] ||
    die "the page is not built; ./saker up builds it"
  install -d "$destination/usr/share/saker/frontend"
  rm -rf -- "$destination/usr/share/saker/frontend/dist"
  cp -r -- "$SAKER_ROOT/frontend/dist" "$destination/usr/share/saker/frontend/dist"
}

install_configuration() {
  local name file
  install -d "$destination/etc/saker"
  for name in "${!process_config[@]}" venue; do
    file=${process_config[$name]:-engine/venue.toml}
    # PostgreSQL's own is copied by cluster.sh into its data directory.
    [[ $name != postgres && ! -e $destination/etc/saker/$(basename "$file") ]] || continue
    install -m 644 "$SAKER_ROOT/$file" "$destination/etc/saker/"
  done
}

install_units() {
  local units=$destination/lib/systemd/system here=$SAKER_ROOT/deploy/systemd
  install -d "$units/saker-.service.d" "$destination/usr/lib/sysusers.d" \
    "$destination/usr/lib/tmpfiles.d"
  install -m 644 "$here"/saker-*.service "$here/saker.target" \
    "$here"/share-saker-secrets.* "$units/"
  install -m 644 "$here/saker-.service.d/hardening.conf" "$units/saker-.service.d/"
  install -m 644 "$here/sysusers.conf" "$destination/usr/lib/sysusers.d/saker.conf"
  install -m 644 "$here/tmpfiles.conf" "$destination/usr/lib/tmpfiles.d/saker.conf"
}

main() {
  installed_tools=("${tool_program[top]}" "${tool_program[log]}" "${tool_program[admin]}")
  install_programs
  install_page
  install_configuration
  install_units
  [[ -z $destination ]] || return 0
  systemd-sysusers
  systemd-tmpfiles --create saker.conf
  systemctl daemon-reload
  say "installed; look at /etc/saker, then: systemctl enable --now saker.target"
}

main
