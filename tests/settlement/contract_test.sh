#!/usr/bin/env bash
# PostgreSQL keeps the contracts of ledger_contract.hpp and payments_contract.hpp, to which the
# simulator's database is held as well (sim/sim_database_test.cpp): what the simulator shows is
# shown of both.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
data=$test_dir/data
cluster=$TEST_ROOT/deploy/database/cluster.sh
check=$SAKER_BUILD_DIR/accounts/ledger/ledger_contract_check

at_exit() { "$cluster" "$data" stop >/dev/null 2>&1 && "$cluster" "$data" forget; }

payments=$SAKER_BUILD_DIR/accounts/payments_contract_check

run "$cluster" "$data" start
expect_status "start of the cluster" 0
admin=$("$cluster" "$data" conninfo saker_admin)
run "$payments" "$("$cluster" "$data" conninfo saker_payments)"
expect_status "the contract of payments" 0
expect_output "the contract of payments" "the contract holds"
run "$check" "$("$cluster" "$data" conninfo saker_settlement)" "$admin"
expect_status "the contract of the ledger" 0
expect_output "the contract of the ledger" "the contract holds"
run "$check" "$("$cluster" "$data" conninfo saker_settlement)" "$admin"
expect_status "a ledger that is not empty" 1
expect_output "a ledger that is not empty" "does not hold: the cursor of an empty ledger"
run "$check"
expect_status "wrong usage" 2
