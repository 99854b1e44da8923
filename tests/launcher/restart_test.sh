#!/usr/bin/env bash
# A whole venue of real size that was stopped is ready again in less than 10 s.
# Runs once. Measures alone.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker
data=$test_dir/data
random_port_base
venues=("$data")

run "$TEST_ROOT/tests/ready_cluster.sh" "$data"
expect_status "a database for the venue" 0
printf 'Saker data directory, layout 1\n' >"$data/.saker-data"
run "$saker" up --data "$data" --port-base "$REPLY" --detach
expect_status "first up" 0
stop_venue "$data"
have_the_machine
begin_us=${EPOCHREALTIME/./}
run "$saker" up --data "$data" --detach
took_ms=$(((${EPOCHREALTIME/./} - begin_us) / 1000))
expect_status "second up" 0
others_may_go_on
expect "it took less than 10 s, not $took_ms ms" test "$took_ms" -lt 10000
printf 'ready again after %d ms\n' "$took_ms"
stop_venue "$data"
