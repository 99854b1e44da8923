#!/usr/bin/env bash
# kernel.sh FOLDER: Debian's cloud kernel of this release, fetched with apt-get, and of its modules
# those that the guest needs. Prints the folder FOLDER/NAME, which then holds vmlinuz and
# lib/modules; what is there already is kept. Needs no rights; nothing is installed.
set -euo pipefail
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin

die() { printf 'guest kernel: %s\n' "$*" >&2 && exit 1; }

[[ $# -eq 1 ]] || die "usage: kernel.sh FOLDER"
mkdir -p -- "$1"
folder=$(cd -- "$1" && pwd)

exec 9>"$folder/lock"
flock 9 # several tests may want it at once

newest_kept() {
  local kept
  for kept in "$folder"/linux-image-*/vmlinuz; do
    if [[ -s $kept ]]; then printf '%s\n' "${kept%/vmlinuz}"; fi
  done | sort -V | tail -n 1
}

kept=$(newest_kept)
if [[ -n $kept ]]; then
  printf '%s\n' "$kept"
  exit
fi

name=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
  sed -n 's/^ *Depends: \(linux-image-[0-9].*-cloud-amd64\)$/\1/p' | head -n 1)
[[ -n $name ]] || die "apt knows no linux-image-cloud-amd64: does it need apt-get update?"

work=$(mktemp -d "$folder/new.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
if ! (cd -- "$work" && apt-get -q download "$name") >"$work/log" 2>&1; then
  sed 's/^/  /' "$work/log" >&2
  die "apt-get cannot fetch $name. It is needed once; put the .deb's vmlinuz and modules into" \
    "$folder/$name if this machine has no network"
fi
mkdir "$work/files"
dpkg-deb --fsys-tarfile "$work"/*.deb | tar -C "$work/files" -x --wildcards \
  './boot/vmlinuz-*' './lib/modules/*/modules.builtin*' './lib/modules/*/modules.order' \
  './lib/modules/*/kernel/drivers/vfio' './lib/modules/*/kernel/drivers/virtio' \
  './lib/modules/*/kernel/drivers/block/virtio_blk.ko' './lib/modules/*/kernel/virt/lib'
mv -- "$work"/files/boot/vmlinuz-* "$work/files/vmlinuz"
version=$(ls "$work/files/lib/modules")
depmod -b "$work/files" "$version"
mv -- "$work/files" "$folder/$name"
printf '%s\n' "$folder/$name"
