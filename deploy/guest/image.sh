#!/usr/bin/env bash
# image.sh KERNEL PAYLOAD OUT: the guest's initrd: busybox, the kernel's modules (KERNEL is a folder
# that kernel.sh printed), `init`, and the folder PAYLOAD as /payload.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

die() { printf 'guest image: %s\n' "$*" >&2 && exit 1; }

[[ $# -eq 3 ]] || die "usage: image.sh KERNEL PAYLOAD OUT"
kernel=$1 payload=$2 out=$3
busybox=/bin/busybox
[[ -x $busybox ]] || busybox=/usr/bin/busybox
"$busybox" modprobe --help >/dev/null 2>&1 || die "busybox-static is needed"
! ldd "$busybox" >/dev/null 2>&1 || die "$busybox is not static: busybox-static is needed"

work=$(mktemp -d "${TMPDIR:-/tmp}/saker-guest-image.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
mkdir -p "$work"/{bin,dev,proc,sys,tmp,run,mnt/huge,data,var}
ln -s ../run "$work/var/run"
cp -- "$busybox" "$work/bin/busybox"
cp -r -- "$kernel/lib" "$work/lib"
cp -r -- "$payload" "$work/payload"
cp -- "$here/init" "$work/init"
chmod 755 "$work/init"
(cd -- "$work" && find . -print0 | LC_ALL=C sort -z |
  cpio --quiet --null --create --format=newc --owner=0:0 --reproducible) >"$out"
