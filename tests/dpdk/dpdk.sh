# For the script tests here: source it after lib.sh and flow.sh. An engine over DPDK and the flow
# client over the other end of the same wire.

# dpdk_table DEVICE ADDRESS: a table [dpdk] for a virtual device, without huge pages. A real card
# has the same MAC address after a restart; what invents one each time is given one.
dpdk_table() {
  cat <<TOML
[dpdk]
device = "$1"
memory = "none"
memory_mb = 160
address = "$2"
mac = "52:54:00:53:4b:0${2##*.}"
one_core = true
receive_checksums = "$receive_checksums"
receive_descriptors = $descriptors
send_descriptors = $descriptors
TOML
}

receive_checksums=nic
descriptors=1024

# dpdk_flow ENGINE_DEVICE CLIENT_DEVICE WORD…: the whole flow, engine at one end, client at the
# other, with a restart of the engine unless `no_restart` is set; then the logs compared.
dpdk_flow() {
  local engine_device=$1 client_device=$2
  shift 2
  dpdk_table "$engine_device" 10.9.0.1 | flow_prepare
  dpdk_table "$client_device" 10.9.0.2 >"$flow_config/client.toml"
  restart_with=("$build/engine/saker-engine-dpdk" "${engine_in[@]}")
  start_engine "${restart_with[@]}" || return
  start_follower
  flow_client --engine 10.9.0.1 --dpdk "$flow_config/client.toml" --loss-ppm 20000 \
    --disconnect --restart "$@"
  stop_follower
  stop_engine
  if [[ -n $client_pid ]]; then end_client; fi
  expect_log_agrees "$flow_data/log" "$(hashes_in "$test_dir/engine.log")" \
    $(($(flow_count decided) - $(flow_count skipped) - $(flow_count busy)))
}
