#!/usr/bin/env bash
# The part of `./saker test --fresh` that runs in namespaces of its own: mounts, then both
# commands in the chroot. Arguments: ROOT CHROOT. Ends with `N passed, N failed`.
set -euo pipefail
export LC_ALL=C.UTF-8

readonly SAKER_ROOT=$1 fresh_root=$2
source "$SAKER_ROOT/deploy/launcher/common.sh"
trap 'exit 130' INT TERM HUP

readonly second_up_limit_ms=10000
passed=0 failed=0 took_ms=0

mount_all() {
  mount -t proc proc "$fresh_root/proc"
  mount --rbind /sys "$fresh_root/sys"
  mount --bind /dev "$fresh_root/dev"
  mount -t tmpfs tmpfs "$fresh_root/dev/shm"
  mount --bind /dev/pts "$fresh_root/dev/pts"
  # A compiler cache may be lent, for a quicker look while working on the check itself.
  if [[ -n ${SAKER_FRESH_CCACHE:-} ]]; then
    mkdir -p "$fresh_root/root/.cache/ccache"
    mount --bind "$SAKER_FRESH_CCACHE" "$fresh_root/root/.cache/ccache"
  fi
}

in_clone() { # in_clone COMMAND...: in the clone, with a stranger's environment
  chroot "$fresh_root" /usr/bin/env -i HOME=/root TERM="${TERM:-dumb}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /bin/bash -c 'cd /root/saker && exec "$@"' bash "$@" </dev/null
}

check() { # check WHAT COMMAND...: runs it in the clone and counts
  local what=$1 begin outcome=held
  shift
  say "fresh machine: $*"
  milliseconds && begin=$REPLY
  if in_clone "$@" 2>&1 | sed -u "s|^|    |"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1)) outcome=FAILED
  fi
  milliseconds
  took_ms=$((REPLY - begin))
  seconds_text "$took_ms"
  say "fresh machine: $what $outcome in $REPLY"
}

check_second_up_is_quick() {
  if ((took_ms < second_up_limit_ms)); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "fresh machine: the second up must take less than $((second_up_limit_ms / 1000)) s"
  fi
}

mount_all
check "the quick suite" ./saker test
check "first up" ./saker up --detach
sleep 3
check "status" ./saker status
check "page" curl -fsS -o /dev/null http://localhost:3000/
check "markets" curl -fsS http://localhost:3000/api/markets
check "reconciliation" ./saker reconcile
check "down" ./saker down
check "second up" ./saker up --detach
check_second_up_is_quick
check "status again" ./saker status
check "down again" ./saker down
check "reset" ./saker reset --yes
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
