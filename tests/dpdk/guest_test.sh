#!/usr/bin/env bash
# The engine on real cards' drivers: an emulated machine (deploy/guest) with an IOMMU and three
# cards, one after the other on vfio-pci, an engine for each on an isolated core of it, and the
# ordinary client outside trading through the card. The guest tells what its hot thread asked of the
# kernel meanwhile; the logs that it leaves on its disk are replayed here. Needs no rights beyond a
# network namespace, and no KVM.
# Runs once.
# Runs long.
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

# A network of one's own, in which the machine's cards and the client are the only ones.
make_wire() {
  local tap
  unshare -n sleep infinity &
  client_net=$!
  wait_until 10 has_own_network "$client_net"
  in_client_net ip link set lo up
  for tap in "${!cards[@]}"; do in_client_net ip tuntap add "guest$tap" mode tap; done
}

connect() { # connect TAP: this card alone has a cable
  in_client_net ip addr add 198.18.7.1/24 dev "$1"
  in_client_net ip link set "$1" up
}

disconnect() { # disconnect TAP
  in_client_net ip link set "$1" down
  in_client_net ip addr flush dev "$1"
}

console_has() { grep -q "$1" "$test_dir/console.log" || ! kill -0 "$guest_pid" 2>/dev/null; }

start_guest() {
  local tap
  local -a wires=()
  for tap in "${!cards[@]}"; do wires+=("guest$tap=${cards[tap]}"); done
  mkfifo "$test_dir/console"
  "$guest/disk.sh" make "$test_dir/disk" 128
  # Not by in_client_net: $! must be the machine itself, not a shell around it.
  nsenter -t "$client_net" -n -- "$guest/run.sh" "$kernel" "$test_dir/initrd" "$test_dir/disk" \
    "${wires[@]}" <"$test_dir/console" >"$test_dir/console.log" 2>&1 &
  guest_pid=$!
  exec {console}>"$test_dir/console"
  wait_until 60 console_has 'guest: cards='
  output=$(tail -n 40 "$test_dir/console.log")
  expect "the guest has ${#cards[@]} cards" grep -q "guest: cards=${#cards[@]}" \
    "$test_dir/console.log"
}

# start_engine_on NUMBER TAP: the number is the guest's. The console from here on is in card.log.
start_engine_on() {
  console_begins=$(($(wc -l <"$test_dir/console.log") + 1))
  printf 'start %d\n' "$1" >&"$console"
  wait_until 60 console_has "guest: started=$1"
  wait_until 30 engine_is_ready
  # On a real wire there are only complete checksums. The card's driver has chosen offloads anew.
  in_client_net ethtool -K "$2" tx off >/dev/null
  cut_console
  output=$(tail -n 40 "$test_dir/card.log")
  expect "$card: the engine is ready in the guest" engine_is_ready
}

cut_console() { tail -n "+$console_begins" "$test_dir/console.log" >"$test_dir/card.log"; }

engine_is_ready() {
  cut_console
  grep -q ': ready on ' "$test_dir/card.log" || ! kill -0 "$guest_pid" 2>/dev/null
}

stop_guest() {
  printf 'off\n' >&"$console"
  exec {console}>&-
  wait "$guest_pid"
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
  grep -oE "\b$1=[^ ]*" <(tr -d '\r' <"$test_dir/card.log") | "${2:-tail}" -n 1 | cut -d= -f2-
}

expect_guest() { # expect_guest NAME VALUE
  output="$1 is '$(guest_value "$1")'"
  expect "$card: $1 is $2" test "$(guest_value "$1")" == "$2"
}

expect_hot_thread_alone() {
  expect_guest id "${ids[$card]}"
  expect_guest driver vfio-pci
  expect_guest isolated 1
  expect_guest nohz_full 1
  expect_guest kernel_interfaces lo
  expect_guest allowed_cpus 1
  expect_guest hot_system_calls 0
  expect_guest hot_faults 0
  output=$(grep 'guest: hot_' "$test_dir/card.log")
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

trade_through() { # trade_through NUMBER: orders through this card of the guest's, from 1
  local begin=$EPOCHSECONDS tap=guest$(($1 - 1)) warm commands
  card=${cards[$1 - 1]}
  connect "$tap"
  start_engine_on "$1" "$tap" || return
  # Patient: nobody in the guest could be asked for reports that a lost session has missed.
  local -a patient=(--engine 198.18.7.2 --heartbeat-ms 5000)
  flow_client_in=(nsenter -t "$client_net" -n --)
  flow_client "${patient[@]}" --random 100 --positions "$test_dir/positions.warm"
  ((status == 0)) || return
  warm=$(commands_applied)
  tell_guest report hot_thread=
  tell_guest trace tracing=
  flow_client "${patient[@]}" --random "$random_orders" --positions "$test_dir/positions.$card"
  commands=$((warm + $(commands_applied)))
  cat "$test_dir/positions.warm" >>"$test_dir/positions.$card"
  tell_guest untrace hot_system_calls=
  tell_guest report hot_thread=
  tell_guest stop given_back_to=
  disconnect "$tap"
  cut_console
  expect_guest engine_status 0
  expect_hot_thread_alone
  applied[$card]=$commands hashes[$card]=$(hashes_in "$test_dir/card.log")
  printf '%s: %s, %s commands in %s s; hot thread: %s ticks of user time, %s of system\n' \
    "$card" "$(guest_value driver)" "$commands" "$((EPOCHSECONDS - begin))" \
    "$(($(guest_value user_ticks) - $(guest_value user_ticks head)))" \
    "$(($(guest_value system_ticks) - $(guest_value system_ticks head)))"
}

# expect_disk_agrees NUMBER: the log that the guest wrote: as many commands as the client counts,
# the engine's own hashes, and balances that are what the client traded.
expect_disk_agrees() {
  local taken=$test_dir/taken/engine$1
  card=${cards[$1 - 1]}
  expect_log_agrees "$taken/log" "${hashes[$card]:-}" "${applied[$card]:-none}"
  engine_in=(nsenter -t "$client_net" -n --)
  start_follower "$taken"
  flow_client --follower 127.0.0.1 --check "$test_dir/positions.$card"
  stop_follower
}

cards=(virtio-net-pci e1000e vmxnet3)
declare -A ids=([virtio-net-pci]=0x1af4:0x1041 [e1000e]=0x8086:0x10d3 [vmxnet3]=0x15ad:0x07b0)
declare -A applied=() hashes=() # by card: commands, and what the engine called their hashes
output=$kernel
expect_status "a kernel for the guest" 0
if [[ -n $kernel ]]; then
  make_payload
  make_wire
  start_guest
  mkdir -p "$flow_data"
  cp -r -- "$test_dir/payload/data/secrets" "$flow_data/"
  for number in "${!cards[@]}"; do trade_through $((number + 1)); done
  stop_guest
  "$guest/disk.sh" take "$test_dir/disk" "$test_dir/taken"
  for number in "${!cards[@]}"; do expect_disk_agrees $((number + 1)); done
fi
