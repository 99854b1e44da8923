#!/usr/bin/env bash
# disk.sh make FILE MEGABYTES: an empty ext4 disk for the guest.
# disk.sh take FILE FOLDER: what the guest left on it, copied into FOLDER. Mounts nothing, so needs
# no rights.
set -euo pipefail
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin

die() { printf 'guest disk: %s\n' "$*" >&2 && exit 1; }

[[ $# -eq 3 ]] || die "usage: disk.sh make FILE MEGABYTES | disk.sh take FILE FOLDER"
case $1 in
  make)
    truncate -s "$3M" "$2"
    mkfs.ext4 -q -F -E lazy_itable_init=1 "$2"
    ;;
  take)
    mkdir -p -- "$3"
    debugfs -R "rdump / $3" "$2" 2>/dev/null
    ;;
  *) die "unknown word $1" ;;
esac
