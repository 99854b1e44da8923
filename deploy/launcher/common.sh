# Shared by every verb: messages, paths, option parsing. Sourced, never run.

# Tests run the processes of other builds: SAKER_BUILD_KIND=sanitize ./saker up …
SAKER_BUILD_KIND=${SAKER_BUILD_KIND:-release}
SAKER_BUILD=$SAKER_ROOT/build/$SAKER_BUILD_KIND

say() { printf 'saker: %s\n' "$*"; }
warn() { printf 'saker: %s\n' "$*" >&2; }
die() {
  warn "$*"
  exit 1
}
usage_error() {
  warn "$* (see ./saker help)"
  exit 2
}

use() { # use FILE...: sources files of this folder
  local file
  for file in "$@"; do
    # shellcheck disable=SC1090
    source "$SAKER_ROOT/deploy/launcher/$file.sh"
  done
}

need_value() { # need_value OPTION COUNT_LEFT: dies when the option is the last word
  [[ $2 -ge 2 ]] || usage_error "$1 needs a value"
}

# The options that every verb about running processes shares. A verb's parser hands its words
# here first; the answer is how many words were consumed, in `taken` (0: not one of ours).
data_dir=$SAKER_ROOT/.saker
port_base=
take_data_option() {
  taken=0
  case $1 in
    --data)
      need_value "$1" $#
      data_dir=$(readlink -m -- "$2")
      taken=2
      ;;
    --port-base)
      need_value "$1" $#
      [[ $2 =~ ^[0-9]+$ && $2 -ge 1024 && $2 -le 65000 ]] ||
        usage_error "--port-base takes a number from 1024 to 65000, not '$2'"
      port_base=$2
      taken=2
      ;;
  esac
}

# Takes --data and --port-base out of the words; the others are left in `words`.
split_data_options() {
  words=()
  while [[ $# -gt 0 ]]; do
    take_data_option "$@"
    if ((taken)); then
      shift "$taken"
    else
      words+=("$1")
      shift
    fi
  done
}

milliseconds() { # milliseconds that only ever pass, whatever the clock is set to; without a fork
  local up
  read -r up _ </proc/uptime
  REPLY=$((10#${up/./} * 10))
}

seconds_text() { # seconds_text MILLISECONDS -> "1.2 s"
  printf -v REPLY '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100))
}

human_time() { # human_time SECONDS -> "2h03m", "4m10s", "9s"
  local s=$1
  if ((s >= 3600)); then
    printf -v REPLY '%dh%02dm' $((s / 3600)) $((s % 3600 / 60))
  elif ((s >= 60)); then
    printf -v REPLY '%dm%02ds' $((s / 60)) $((s % 60))
  else
    printf -v REPLY '%ds' "$s"
  fi
}
