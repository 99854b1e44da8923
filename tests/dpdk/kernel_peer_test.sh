#!/usr/bin/env bash
# The DPDK transport against somebody else's network stack, the kernel's: who has which address
# (ARP, both ways), ping, and UDP with the checksums that a kernel fills in and with those that it
# leaves to a card.
# Runs once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/dpdk/networks.sh"
build=${SAKER_BUILD_DIR:-$TEST_ROOT/build/release}
need_network_rights
echo_pid=''
stop_echo() {
  [[ -z $echo_pid ]] || { kill -KILL "$echo_pid" && wait "$echo_pid"; } 2>/dev/null
  echo_pid=''
}
at_exit() { stop_echo && drop_networks; }

make_networks
in_client_net ip addr add 10.9.0.2/24 dev market

start_echo() { # start_echo RECEIVE_CHECKSUMS
  cat >"$test_dir/echo.toml" <<TOML
[dpdk]
device = "net_af_packet0,iface=market"
memory = "none"
memory_mb = 96
address = "10.9.0.1"
receive_checksums = "$1"
TOML
  # Not by in_engine_net: $! must be the server itself, not a shell around it.
  nsenter -t "$engine_net" -n -- "$build/bench/saker-bench" echo serve \
    --dpdk "$test_dir/echo.toml" --bind 0.0.0.0:7 >"$test_dir/echo.log" 2>&1 &
  echo_pid=$!
  expect "echo with $1 checksums answers ping" wait_until 60 ping_once
}

ping_once() { # ping_once [BYTES]
  in_client_net busybox ping -c 1 -W 1 -s "${1:-56}" 10.9.0.1 >/dev/null
}

# udp_echo COUNT TRIES: how many datagrams of growing sizes come back as they were. On a busy
# machine one may be late or lost; then it is sent again.
udp_echo() {
  in_client_net /usr/bin/python3 - "$@" <<'PY'
import socket
import sys


def comes_back(end, sent, tries):
    for _ in range(tries):
        end.sendto(sent, ('10.9.0.1', 7))
        try:
            while end.recv(2000) != sent:
                pass
            return True
        except TimeoutError:
            pass
    return False


count, tries = int(sys.argv[1]), int(sys.argv[2])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.settimeout(0.4)
back = [comes_back(udp, bytes((n + i) % 256 for i in range(n * 73)), tries) for n in range(count)]
print(f'{sum(back)} of {count} came back')
PY
}

start_echo nic
run udp_echo 20 25
expect_output "whole checksums" "20 of 20 came back"
run in_client_net ip neigh show 10.9.0.1
expect_output "the kernel knows our MAC address" lladdr
expect "large ping" wait_until 20 ping_once 1400

# From here on the kernel leaves UDP's checksum to a card that there is not.
in_client_net ethtool -K market tx on >/dev/null 2>&1
run udp_echo 4 2
expect_output "checksums that nobody filled in are refused" "0 of 4 came back"
stop_echo
start_echo partial
run udp_echo 20 25
expect_output ".. unless they are known to be left out" "20 of 20 came back"
