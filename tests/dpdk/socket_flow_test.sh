#!/usr/bin/env bash
# The flow client over ordinary sockets, with loss and reordering: what the other tests here do over
# DPDK, so that a difference is the transport's.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/dpdk/flow.sh"
at_exit() { flow_at_exit; }

random_port_base
port_base=$REPLY
flow_prepare <<'TOML'
[net]
bind = "127.0.0.1"
TOML
restart_with=("$build/engine/saker-engine")
if start_engine "${restart_with[@]}"; then
  start_follower
  flow_client --follower 127.0.0.1 --loss-ppm 20000 --disconnect --restart
  stop_follower
  stop_engine
  expect_log_agrees "$flow_data/log" "$(hashes_in "$test_dir/engine.log")" \
    $(($(flow_count decided) - $(flow_count skipped) - $(flow_count busy)))
fi
