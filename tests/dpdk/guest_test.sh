#!/usr/bin/env bash
# The engine on a real card's driver: an emulated machine (deploy/guest) with an IOMMU and a card
# on vfio-pci, the engine on an isolated core of it, and the ordinary client outside trading
# through the card. The guest tells what its hot thread asked of the kernel meanwhile; the log that
# it leaves on its disk is replayed here. Needs no rights beyond a network namespace, and no KVM.
# Runs once. Its two processors are two busy threads, so it gets the machine to itself:
# Runs alone.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/dpdk/flow.sh"
source "$TEST_ROOT/tests/dpdk/networks.sh"
guest=$TEST_ROOT/deploy/guest
kernel=$("$guest/kernel.sh" "$TEST_ROOT/build/guest") # fetched while there is a network
status=$?
need_network_rights
random_orders=500
[[ -z ${SAKER_FULL:-} ]] || random_orders=10000
port_base=3000
guest_pid=''
at_exit() {
  flow_at_exit
  drop_networks
  [[ -z $guest_pid ]] || kill -KILL "$guest_pid" 2>/dev/null
}

# The payload: the engine, its configuration, and secrets that both sides know.
make_payload() {
  local payload=$test_dir/payload key
  mkdir -p "$payload/data/secrets"
  flow_prepare <<'TOML'
[loop]
wait = "busy"
engine_cpu = 1
log_writer = "nap"
lock_memory = true

[dpdk]
device = "@NIC@"
memory = "2M"
memory_mb = 64
address = "198.18.7.2"
control_cpu = 0
TOML
  cp -- "$flow_config"/{engine,venue}.toml "$payload/"
  strip -o "$payload/engine" "$build/engine/saker-engine-dpdk-static"
  chmod 700 "$payload/data/secrets"
  for key in 1 2 3 4; do
    (umask 077 && od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' \
      >"$payload/data/secrets/key-$key.hex")
  done
  "$guest/image.sh" "$kernel" "$payload" "$test_dir/initrd"
}

# A network of one's own, in which the machine's card and the client are the only ones.
make_wire() {
  unshare -n sleep infinity &
  client_net=$!
  wait_until 10 has_own_network "$client_net"
  in_client_net ip link set lo up
  in_client_net ip tuntap add guest mode tap
  in_client_net ip addr add 198.18.7.1/24 dev guest
  in_client_net ip link set guest up
}

console_has() { grep -q "$1" "$test_dir/console.log" || ! kill -0 "$guest_pid" 2>/dev/null; }

start_guest() { # start_guest CARD
  rm -f -- "$test_dir/console" "$test_dir/disk"
  mkfifo "$test_dir/console"
  "$guest/disk.sh" make "$test_dir/disk" 128
  # Not by in_client_net: $! must be the machine itself, not a shell around it.
  nsenter -t "$client_net" -n -- "$guest/run.sh" "$kernel" "$test_dir/initrd" "$test_dir/disk" \
    "$1" guest \
    <"$test_dir/console" >"$test_dir/console.log" 2>&1 &
  guest_pid=$!
  exec {console}>"$test_dir/console"
  wait_until 60 console_has 'guest: started=1'
  wait_until 30 console_has ': ready on '
  # On a real wire there are only complete checksums. The card's driver has chosen offloads anew.
  in_client_net ethtool -K guest tx off >/dev/null
  output=$(tail -n 40 "$test_dir/console.log")
  expect "$1: the engine is ready in the guest" grep -q ': ready on ' "$test_dir/console.log"
}

kill_guest() {
  exec {console}>&-
  kill -KILL "$guest_pid"
  wait "$guest_pid" 2>/dev/null
  guest_pid=''
}

tell_guest() { # tell_guest WORD ANSWER: waits for a line with the answer that was not there yet
  local before
  before=$(grep -c "guest: $2" "$test_dir/console.log")
  printf '%s\n' "$1" >&"$console"
  wait_until 30 guest_answered "$2" "$before"
}
guest_answered() { [[ $(grep -c "guest: $1" "$test_dir/console.log") -gt $2 ]]; }

# guest_value NAME [first|last]: what the guest said of it
guest_value() {
  grep -oE "\b$1=[^ ]*" <(tr -d '\r' <"$test_dir/console.log") | "${2:-tail}" -n 1 | cut -d= -f2-
}

expect_guest() { # expect_guest NAME VALUE
  output="$1 is '$(guest_value "$1")'"
  expect "$card: $1 is $2" test "$(guest_value "$1")" == "$2"
}

expect_hot_thread_alone() {
  expect_guest driver vfio-pci
  expect_guest isolated 1
  expect_guest nohz_full 1
  expect_guest kernel_interfaces lo
  expect_guest allowed_cpus 1
  expect_guest hot_system_calls 0
  expect_guest hot_faults 0
  output=$(grep 'guest: hot_' "$test_dir/console.log")
  expect "$card: an IOMMU group" test "$(guest_value iommu_group)" -ge 0
  expect "$card: the trace is one of system calls" test "$(guest_value writer_system_calls)" -gt 0
  expect "$card: no voluntary context switch while orders ran" \
    test "$(guest_value voluntary head)" == "$(guest_value voluntary)"
  expect "$card: no page fault either" \
    test "$(guest_value minor_faults head)" == "$(guest_value minor_faults)"
}

commands_applied() { # by the last run of the flow client
  printf '%s' $(($(flow_count decided) - $(flow_count skipped) - $(flow_count busy)))
}

trade_through() { # trade_through CARD
  local begin=$EPOCHSECONDS
  card=$1
  start_guest "$card" || return
  mkdir -p "$flow_data"
  rm -rf -- "$flow_data/secrets"
  cp -r -- "$test_dir/payload/data/secrets" "$flow_data/"
  flow_client_in=(nsenter -t "$client_net" -n --)
  # Patient: nobody in the guest could be asked for reports that a lost session has missed.
  local -a patient=(--engine 198.18.7.2 --heartbeat-ms 5000)
  flow_client "${patient[@]}" --random 100 --positions "$test_dir/positions.warm"
  if ((status != 0)); then
    kill_guest
    return
  fi
  warm=$(commands_applied)
  tell_guest report hot_thread=
  tell_guest trace tracing=
  flow_client "${patient[@]}" --random "$random_orders" --positions "$test_dir/positions"
  commands=$((warm + $(commands_applied)))
  tell_guest untrace hot_system_calls=
  tell_guest report hot_thread=
  tell_guest stop engine_status=
  exec {console}>&-
  wait "$guest_pid"
  guest_pid=''
  expect_guest engine_status 0
  expect_hot_thread_alone
  expect_disk_agrees
  printf '%s: %s, %s commands in %s s; hot thread: %s ticks of user time, %s of system\n' \
    "$card" "$(guest_value driver)" "$commands" "$((EPOCHSECONDS - begin))" \
    "$(($(guest_value user_ticks) - $(guest_value user_ticks head)))" \
    "$(($(guest_value system_ticks) - $(guest_value system_ticks head)))"
}

# The log that the guest wrote: as many commands as the client counts, the engine's own hashes, and
# balances that are what the client traded.
expect_disk_agrees() {
  rm -rf -- "$test_dir/taken"
  "$guest/disk.sh" take "$test_dir/disk" "$test_dir/taken"
  expect_log_agrees "$test_dir/taken/engine/log" "$(hashes_in "$test_dir/console.log")" \
    "$commands"
  cat "$test_dir/positions.warm" >>"$test_dir/positions"
  engine_in=(nsenter -t "$client_net" -n --)
  start_follower "$test_dir/taken/engine"
  flow_client --follower 127.0.0.1 --check "$test_dir/positions"
  stop_follower
}

output=$kernel
expect_status "a kernel for the guest" 0
if [[ -n $kernel ]]; then
  make_payload
  make_wire
  for card in virtio-net-pci e1000e vmxnet3; do trade_through "$card"; done
fi
