# The data directory: marker, configuration (config/), what processes print (logs/), pid files
# (run/). The engine keeps the command log in log/ and makes the sessions' secrets in secrets/ at
# its first start; the follower has snapshots/ and events/.

data_marker=.saker-data

data_is_ours() { [[ -f $1/$data_marker ]]; }

data_require() { # dies unless the data directory exists
  data_is_ours "$data_dir" || die "no data directory at $data_dir (./saker up makes one)"
  data_port_base
}

# The port base is remembered, so that `top` and `down` need only --data.
data_port_base() {
  if [[ -z $port_base && -f $data_dir/port_base ]]; then port_base=$(<"$data_dir/port_base"); fi
  port_base=${port_base:-$port_base_default}
}

data_prepare() { # makes what is missing; what exists is left alone
  if ! data_is_ours "$data_dir"; then
    data_create
  fi
  data_port_base
  printf '%s\n' "$port_base" >"$data_dir/port_base"
  data_copy_configs
}

# A folder that holds nothing but configuration, made ahead of the first start, is taken as it is,
# and so is a disk of its own that is mounted there.
data_create() {
  if [[ -d $data_dir && -n $(ls -A -I config -I lost+found -- "$data_dir") ]]; then
    die "$data_dir is neither empty nor a Saker data directory; choose another with --data"
  fi
  mkdir -p -- "$data_dir" || die "cannot make $data_dir"
  mkdir -p -- "$data_dir"/{config,logs,run}
  mkdir -p -m 700 -- "$data_dir/secrets"
  printf 'Saker data directory, layout 1\n' >"$data_dir/$data_marker"
  say "new data directory $data_dir"
}

data_copy_configs() {
  local name source
  for source in "${process_config[@]}" "${extra_configs[@]}"; do
    name=${source##*/}
    if [[ ! -f $data_dir/config/$name ]]; then
      cp -- "$SAKER_ROOT/$source" "$data_dir/config/$name"
    fi
  done
}

# What already sits on one of our ports, from the kernel's own tables: "UDP port N", or nothing.
port_in_use() {
  port_in_table UDP "${udp_port_offsets[*]}" /proc/net/udp /proc/net/udp6 ||
    port_in_table TCP "${tcp_port_offsets[*]}" /proc/net/tcp /proc/net/tcp6 || true
}

port_in_table() { # port_in_table KIND OFFSETS FILE...: fails when none of them is taken
  local kind=$1 offset ports='' state='[0-9A-F]{2}' found
  for offset in $2; do printf -v ports '%s|%04X' "$ports" $((port_base + offset)); done
  shift 2
  # Of TCP only listening sockets (state 0A) keep us from listening.
  [[ $kind == UDP ]] || state=0A
  found=$(grep -hsoE "^ *[0-9]+: [0-9A-F]+:(${ports#|}) [0-9A-F]+:[0-9A-F]+ $state " "$@")
  [[ -n $found ]] || return 1
  found=${found#*: } found=${found#*:}
  printf '%s port %d\n' "$kind" $((16#${found%% *}))
}
