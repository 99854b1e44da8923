#!/usr/bin/env bash
# The whole flow of orders over vhost-user: the engine drives the host's side (net_vhost), the
# client the guest's (virtio_user), as a virtual machine beside the engine would. No privileges
# needed.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/dpdk/flow.sh"
source "$TEST_ROOT/tests/dpdk/dpdk.sh"
at_exit() { flow_at_exit; }

random_port_base
port_base=$REPLY
# Between machines on one host nobody computes checksums over what never leaves its memory.
receive_checksums=partial
# The client's side listens, so that it survives the engine's restart.
dpdk_flow "net_vhost0,iface=$test_dir/vhost.sock,queues=1,client=1" \
  "net_virtio_user0,path=$test_dir/vhost.sock,queues=1,server=1" --follower 127.0.0.1
