# `./saker test --fresh`: a Debian 12 made by debootstrap, a clone of the last commit in it, and
# both commands as a stranger would run them. Mounts and processes live in namespaces of their
# own and vanish with them; the files are removed afterwards, whatever happened.

fresh_suite=bookworm

test_fresh() {
  [[ $# -eq 0 ]] || usage_error "test: --fresh takes no test names"
  [[ $EUID -eq 0 ]] || die "a chroot needs root: sudo ./saker test --fresh"
  ensure_packages base full
  mkdir -p "$SAKER_ROOT/build"
  fresh_root=$(mktemp -d "${TMPDIR:-/var/tmp}/saker-fresh.XXXXXX")
  trap 'rm -rf --one-file-system -- "$fresh_root"' EXIT
  trap 'exit 130' INT TERM HUP
  chmod 0755 "$fresh_root" # the root directory of every user there
  fresh_make_root
  fresh_clone
  unshare --mount --pid --fork --kill-child --propagation private \
    bash "$SAKER_ROOT/deploy/launcher/fresh_inside.sh" "$SAKER_ROOT" "$fresh_root"
}

fresh_make_root() {
  local begin log=$SAKER_ROOT/build/fresh-debootstrap.log
  milliseconds && begin=$REPLY
  say "making a Debian 12 in $fresh_root"
  debootstrap --variant=minbase "$fresh_suite" "$fresh_root" "$(fresh_mirror)" >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2 && die "debootstrap failed (log: $log)"; }
  fresh_copy_apt_settings
  fresh_copy_npm_settings
  milliseconds
  seconds_text $((REPLY - begin))
  say "made in $REPLY"
}

fresh_sources() { # this machine's own sources of this Debian: "SITE SUITE", one a line
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' "Created-By: Packages" |
    awk -v suite="$fresh_suite" '$3 == "main" &&
      ($2 == suite || $2 == suite "-updates" || $2 == suite "-security") { print $1, $2 }' |
    sort -u
}

fresh_mirror() {
  local mirror
  mirror=$(fresh_sources | awk -v suite="$fresh_suite" '$2 == suite { print $1; exit }')
  printf '%s\n' "${mirror:-http://deb.debian.org/debian}"
}

# The same mirrors, proxy, name servers and certificate authorities as here: the fresh machine
# fetches from where we do.
fresh_copy_apt_settings() {
  local apt=$fresh_root/etc/apt
  cp -L /etc/resolv.conf /etc/hosts "$fresh_root/etc/"
  fresh_sources | sed 's/\(.*\)/deb \1 main/' >"$apt/sources.list"
  apt-config dump Acquire | grep -Ei '::(proxy|check-valid-until|check-date)' \
    >"$apt/apt.conf.d/90host" || true
}

fresh_copy_npm_settings() {
  local authorities=/usr/local/share/ca-certificates key value
  mkdir -p "$fresh_root$authorities"
  find "$authorities" -maxdepth 1 -name '*.crt' -exec cp -- {} "$fresh_root$authorities" \; \
    2>/dev/null || true
  command -v npm >/dev/null || return 0
  for key in registry cafile; do
    value=$(npm config get "$key" 2>/dev/null) || continue
    if [[ $value == /* || $value == http* ]]; then printf '%s=%s\n' "$key" "$value"; fi
  done >"$fresh_root/root/.npmrc"
}

fresh_clone() {
  git -c safe.directory='*' clone -q --no-hardlinks -- "$SAKER_ROOT" "$fresh_root/root/saker"
  say "cloned $(git -C "$fresh_root/root/saker" log -1 --format='%h %s')"
}
