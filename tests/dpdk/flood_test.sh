#!/usr/bin/env bash
# Hostile frames at a million a second in the middle of a client's orders: truncated, fragmented,
# with wrong sums, for other stations, too long, tagged, garbage, forged, played again. Each is
# counted as what it is, what it costs is printed and bounded, and nothing of it is applied. How
# much later the client's answers come is reported.
# Runs once.
# Runs alone.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/dpdk/flow.sh"
source "$TEST_ROOT/tests/dpdk/dpdk.sh"
at_exit() { flow_at_exit; }

run "$build/tests/dpdk/frame_cost" --limit-ns 150
expect_status "what a bad frame costs its receiver" 0
printf '%s\n' "$output"

random_port_base
port_base=$REPLY
memif="id=0,socket=saker-test-$$-$port_base"
flow_prepare < <(
  printf '[loop]\nwait = "busy"\nlog_writer = "nap"\nplacement = "forced"\n\n'
  dpdk_table "net_memif0,role=server,$memif" 10.9.0.1 | sed 's/^one_core.*/allow = ["10.9.0.2"]/'
)
sed -i 's/^policy = .*/policy = "memory"/' "$flow_config/engine.toml"
dpdk_table "net_memif0,role=client,$memif" 10.9.0.2 >"$flow_config/client.toml"
start_engine "$build/engine/saker-engine-dpdk"
# --stay: an engine that polls the rings of a memif peer may not outlive that peer.
start_client "$build/tests/dpdk/frame_flood" --secrets "$flow_data/secrets" --stay \
  --port-base "$port_base" --engine 10.9.0.1 --engine-mac 52:54:00:53:4b:01 \
  --dpdk "$flow_config/client.toml" --counters "$flow_data/run/engine.counters" \
  ${SAKER_FULL:+--rounds 40}
expect "the flood ends" wait_until 600 client_says '^flood: [0-9]+ checks'
stop_engine
end_client
cat -- "$test_dir/flow.log"
sed -i 's/^flood: /flow: /' "$test_dir/flow.log"
expect_log_agrees "$flow_data/log" "$(hashes_in "$test_dir/engine.log")" \
  $(($(flow_count decided) - $(flow_count skipped) - $(flow_count busy)))
