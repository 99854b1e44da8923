#!/usr/bin/env bash
# The whole flow of orders over DPDK's af_xdp driver, between two network namespaces joined by a
# veth pair; the follower is asked over another pair, the management network.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/dpdk/flow.sh"
source "$TEST_ROOT/tests/dpdk/dpdk.sh"
source "$TEST_ROOT/tests/dpdk/networks.sh"
need_root "the kernel loads XDP programs for nobody else"
at_exit() { flow_at_exit && drop_networks; }

# The library behind the driver loses 80 bytes at each start, which sanitizers tell.
printf 'leak:xsk_umem__create\n' >"$test_dir/leaks"
export LSAN_OPTIONS=suppressions=$test_dir/leaks:print_suppressions=0

port_base=3000
descriptors=4096 # the driver keeps 2,048 buffers for itself at the least
follower_address=10.8.0.1
make_networks
engine_in=(nsenter -t "$engine_net" -n --)
flow_client_in=(nsenter -t "$client_net" -n --)
xdp=net_af_xdp0,iface=market
dpdk_flow "$xdp" "$xdp" --follower 10.8.0.1
