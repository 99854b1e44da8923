# Builds: one folder per kind of build, configured by Meson once, kept up to date by Ninja.

# The kinds of build and their Meson options.
# release, sanitize, plants, fuzz: several sources to a compiler run, half the time of one by
# one; the other builds compile each source by itself.
# sanitize: the cheapest way through the compiler that still has line numbers. -Og compiles as fast
# as -O0 and 2.5 times as fast as -O1; vptr, null, alignment, object-size and pointer-overflow
# checks multiply the compile time and are left out. gold (of binutils) links in half the time.
build_options() { # build_options KIND -> options, one a line
  local -a unity=(-Dunity=on -Dunity_size=8)
  local lean=-fno-sanitize=vptr,null,alignment,object-size,pointer-overflow
  # Instrumented code makes gcc warn of what is not there; and at -Og it cannot inline xxhash.
  local quiet="'-Wno-maybe-uninitialized', '-Wno-mismatched-new-delete', '-DXXH_NO_INLINE_HINTS=1'"
  case $1 in
    release) printf '%s\n' "${unity[@]}" ;;
    sanitize)
      printf '%s\n' "${unity[@]}" -Dbuildtype=plain -Doptimization=g \
        -Db_sanitize=address,undefined -Dwerror=false -Dcpp_link_args=-fuse-ld=gold \
        "-Dcpp_args=['$lean', '-fno-sanitize-recover=all', $quiet]"
      ;;
    plants) printf '%s\n' "${unity[@]}" -Dplants=true ;;
    gcc-O0) printf '%s\n' -Dbuildtype=plain -Doptimization=0 ;;
    clang | clang-O0)
      [[ $1 == clang ]] || printf '%s\n' -Dbuildtype=plain -Doptimization=0
      ;;
    fuzz)
      printf '%s\n' "${unity[@]}" -Dfuzzers=true -Dbuildtype=plain -Doptimization=1 \
        -Db_sanitize=address,undefined -Db_lundef=false
      ;;
    *) die "no such build: $1" ;;
  esac
}

# A build folder that was set up by hand (SAKER_BUILD_KIND=mine) is taken as it is.
build_is_foreign() { # build_is_foreign DIR
  [[ -f $1/build.ninja && ! -f $1/.saker-options ]]
}

build_compiler() { # build_compiler KIND: sets CXX for Meson's first look
  case $1 in
    clang* | fuzz) REPLY=clang++ ;;
    *) REPLY=g++ ;;
  esac
  if command -v ccache >/dev/null; then REPLY="ccache $REPLY"; fi
}

# build_is_configured KIND DIR: with these options? Sets `compiler`, `options` and `stamp`.
build_is_configured() {
  if build_is_foreign "$2"; then return; fi
  mapfile -t options < <(build_options "$1")
  build_compiler "$1" && compiler=$REPLY
  # DPDK is built when it is there, and may have been installed since.
  stamp="$compiler ${options[*]} dpdk=$(pkg-config --modversion libdpdk 2>/dev/null)"
  [[ -f $2/build.ninja && -f $2/.saker-options && $(<"$2/.saker-options") == "$stamp" ]]
}

build_is_done() { # build_is_done DIR [TARGET...]: nothing to configure, nothing to build
  local said
  said=$(ninja -C "$1" -n "${@:2}" 2>/dev/null)
  [[ $said == *'no work to do.' ]]
}

build_configure() { # build_configure KIND DIR: once, and again when a meson.build has changed
  local compiler stamp
  local -a options
  if build_is_configured "$1" "$2"; then
    if ! ninja -C "$2" build.ninja >"$2/configure.log" 2>&1; then
      tail -n 20 "$2/configure.log" >&2
      die "meson could not configure the $1 build again; see $2/configure.log"
    fi
    return
  fi
  say "configuring the $1 build in ${2#"$SAKER_ROOT"/}"
  rm -rf -- "$2"
  mkdir -p "$2"
  if ! CXX=$compiler CXXFLAGS='' LDFLAGS='' \
    meson setup "${options[@]}" "$2" "$SAKER_ROOT" >"$2/configure.log" 2>&1 </dev/null; then
    tail -n 20 "$2/configure.log" >&2
    die "meson could not configure the $1 build; the whole output is in $2/configure.log"
  fi
  printf '%s' "$stamp" >"$2/.saker-options"
}

build_progress() { # ninja's lines -> every tenth part of the way; what is not progress, whole
  local line count total last=-1
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      count=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
      if ((count * 10 / total != last)); then
        last=$((count * 10 / total))
        printf '  %s\n' "$line"
      fi
    else
      printf '  %s\n' "$line"
    fi
  done
}

# build KIND [TARGET...]: brings build/KIND up to date. Compiler output is shown as it comes.
build() {
  local kind=$1 dir=$SAKER_ROOT/build/$1 begin lock compiler stamp
  local -a options
  shift
  milliseconds && begin=$REPLY
  mkdir -p "$SAKER_ROOT/build"
  exec {lock}>"$SAKER_ROOT/build/.lock"
  build_is_foreign "$dir" || flock -n "$lock" ||
    { say "waiting for another build to end" && flock "$lock"; }
  if build_is_configured "$kind" "$dir" && build_is_done "$dir" "$@"; then
    exec {lock}>&-
    say "$kind build is up to date"
    return
  fi
  build_configure "$kind" "$dir"
  say "building ${dir#"$SAKER_ROOT"/} with ninja"
  local -a run=(env CCACHE_NOHASHDIR=1 nice -n 5 ninja -C "$dir" "$@")
  if [[ -t 1 ]]; then
    "${run[@]}" || die "the $kind build failed"
  else
    "${run[@]}" 2>&1 | build_progress || die "the $kind build failed"
  fi
  exec {lock}>&-
  milliseconds
  seconds_text $((REPLY - begin))
  say "$kind build done in $REPLY"
}
