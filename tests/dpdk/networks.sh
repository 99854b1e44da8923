# For the script tests here: source it after lib.sh. Network namespaces of one's own, joined by veth
# pairs; nothing of it is seen outside, and all of it goes with the processes.

# need_root WHY: goes on as root: as it is, through sudo without a question, or not at all.
need_root() {
  ((EUID != 0)) || return 0
  sudo -n true 2>/dev/null || {
    printf 'this test needs root (%s): run it with sudo\n' "$1" >&2
    exit 1
  }
  exec sudo -n env SAKER_BUILD_DIR="$build" SAKER_FULL="${SAKER_FULL:-}" "$0"
}

# need_network_rights: root, or at least a user namespace in which one looks like it.
need_network_rights() {
  ((EUID != 0)) || return 0
  exec unshare -rn env SAKER_BUILD_DIR="$build" SAKER_FULL="${SAKER_FULL:-}" "$0"
}

engine_net='' client_net='' # processes that hold the two namespaces

drop_networks() {
  local pid
  for pid in $engine_net $client_net; do
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
}

# make_networks: two namespaces. Between them the market's veth pair "market", without addresses
# (the kernel keeps out of it), and a management network, 10.8.0.1 (engine and follower) and
# 10.8.0.2.
make_networks() {
  unshare -n sleep infinity &
  engine_net=$!
  unshare -n sleep infinity &
  client_net=$!
  wait_until 10 has_own_network "$engine_net" && wait_until 10 has_own_network "$client_net"
  in_engine_net ip link add market type veth peer name market netns "$client_net"
  in_engine_net ip link add manage type veth peer name manage netns "$client_net"
  local in end=0
  for in in in_engine_net in_client_net; do
    end=$((end + 1))
    "$in" ip link set lo up
    # What a kernel would leave to hardware is done; nothing talks on the market's wire by itself.
    "$in" ethtool -K market tx off rx off gro off gso off tso off >/dev/null 2>&1
    "$in" sysctl -q -w net.ipv6.conf.market.disable_ipv6=1 2>/dev/null
    "$in" ip link set market up
    "$in" ip addr add "10.8.0.$end/24" dev manage
    "$in" ip link set manage up
  done
}

has_own_network() { # has_own_network PID
  [[ $(readlink "/proc/$1/ns/net" 2>/dev/null) != "$(readlink /proc/self/ns/net)" ]]
}

in_engine_net() { nsenter -t "$engine_net" -n -- "$@"; }
in_client_net() { nsenter -t "$client_net" -n -- "$@"; }
