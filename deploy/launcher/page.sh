# The page: frontend/ built with Node into frontend/dist, when its sources have changed.

readonly page_source=$SAKER_ROOT/frontend
readonly page_stamps=$SAKER_ROOT/build/page # what was installed and built, and the tools' output
readonly node_oldest=20.19
# Where the machine has no Node of this age: these, from the npm registry, in build/node.
readonly node_version=20.20.2 npm_version=11.19.1

node_is_good() { # is the `node` on PATH new enough, and is there an npm?
  local version
  command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return 1
  [[ $(printf '%s\n' "$node_oldest" "${version#v}" | sort -V | head -n 1) == "$node_oldest" ]]
}

# Puts a Node that can build the page on PATH. Debian's own is too old for that, but its npm can
# fetch a newer one.
ensure_node() {
  node_is_good && return
  local folder=$SAKER_ROOT/build/node
  PATH=$folder/node_modules/.bin:$PATH
  hash -r
  node_is_good && return
  [[ -z ${SAKER_NO_INSTALL:-} ]] || die "the page needs Node $node_oldest or newer, and npm"
  command -v npm >/dev/null || ensure_packages node
  say "installing Node $node_version and npm $npm_version in ${folder#"$SAKER_ROOT"/}"
  mkdir -p "$folder" "$page_stamps"
  printf '{ "private": true }\n' >"$folder/package.json"
  npm_quietly node "$folder" install --no-save "node@$node_version" "npm@$npm_version"
  hash -r
  node_is_good || die "Node $node_version was installed but does not run: $(command -v node)"
}

npm_quietly() { # npm_quietly LOG FOLDER WORD...: its output is shown only when it fails
  local log=$page_stamps/$1.log folder=$2
  shift 2
  npm --prefix "$folder" --no-audit --no-fund --no-progress --no-update-notifier "$@" \
    >"$log" 2>&1 </dev/null || {
    tail -n 30 "$log" >&2
    die "npm $* failed; the whole output is in $log"
  }
}

page_hash() { # page_hash FILE...: of these, or of all sources
  (
    cd "$page_source"
    if [[ $# -gt 0 ]]; then
      cat -- "$@"
    else
      find . \( -name node_modules -o -name dist \) -prune -o -type f -print0 | sort -z |
        xargs -0 sha256sum
    fi
    node --version
  ) | sha256sum | cut -d' ' -f1
}

page_install() { # the packages that package.json names, in exactly those versions
  local wanted lock=$page_source/package-lock.json
  wanted=$(page_hash package.json package-lock.json)
  if [[ -d $page_source/node_modules && -f $page_stamps/installed ]]; then
    [[ $(<"$page_stamps/installed") != "$wanted" ]] || return 0
  fi
  say "installing the page's packages with npm"
  # Other platforms' optional packages come and go in the lock; ours stays as it was committed.
  cp -- "$lock" "$page_stamps/package-lock.json"
  npm_quietly install "$page_source" install
  cp -- "$page_stamps/package-lock.json" "$lock"
  printf '%s\n' "$wanted" >"$page_stamps/installed"
}

page_listing() { # page_listing NODE: this file and all sources, with their sizes and times
  (cd "$page_source" && find -L "$1" . \( -name node_modules -o -name dist \) -prune -o \
    -type f -printf '%p %s %T@\n')
}

page_is_as_seen() { # not a byte of what the page was built from has been written since
  local node
  [[ -f $page_source/dist/index.html && -f $page_stamps/seen ]] || return 1
  read -r node <"$page_stamps/seen"
  [[ $(<"$page_stamps/seen") == "$node"$'\n'$(page_listing "$node" 2>/dev/null) ]]
}

page_build() { # brings frontend/dist up to date
  local wanted begin lock seen
  milliseconds && begin=$REPLY
  mkdir -p "$page_stamps"
  exec {lock}>"$page_stamps/lock"
  flock "$lock"
  if page_is_as_seen; then
    exec {lock}>&-
    return
  fi
  ensure_node
  seen=$(type -P node) && seen+=$'\n'$(page_listing "$seen")
  wanted=$(page_hash)
  if [[ -f $page_source/dist/index.html && -f $page_stamps/built ]] &&
    [[ $(<"$page_stamps/built") == "$wanted" ]]; then
    printf '%s\n' "$seen" >"$page_stamps/seen"
    exec {lock}>&-
    return
  fi
  page_install
  say "building the page"
  npm_quietly build "$page_source" run build
  printf '%s\n' "$wanted" >"$page_stamps/built"
  printf '%s\n' "$seen" >"$page_stamps/seen"
  exec {lock}>&-
  milliseconds
  seconds_text $((REPLY - begin))
  say "the page was built in $REPLY"
}
