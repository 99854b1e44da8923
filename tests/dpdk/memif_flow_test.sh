#!/usr/bin/env bash
# The whole flow of orders over DPDK's shared-memory interface (memif): no kernel between the two
# processes, no privileges needed.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/dpdk/flow.sh"
source "$TEST_ROOT/tests/dpdk/dpdk.sh"
at_exit() { flow_at_exit; }

random_port_base
port_base=$REPLY
# An abstract socket: a file would be in the way of the engine's next start.
memif="id=0,socket=saker-test-$$-$port_base"
# --stay: an engine that polls the rings of a memif peer may not outlive that peer.
dpdk_flow "net_memif0,role=server,$memif" "net_memif0,role=client,$memif" --stay \
  --follower 127.0.0.1
