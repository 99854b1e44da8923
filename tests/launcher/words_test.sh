#!/usr/bin/env bash
# What `./saker` answers without starting anything: help, wrong words, foreign folders.
# Runs once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
saker=$TEST_ROOT/saker

test_help() {
  local verb
  run "$saker"
  expect_status "no word" 0
  expect_output "no word" "./saker up"
  run "$saker" --help
  expect_status "--help" 0
  for verb in up down status logs reset test backup restore; do
    expect_output "help" "$verb"
    run "$saker" "$verb" --help
    expect_status "$verb --help" 0
    expect_output "$verb --help" "./saker $verb"
    run "$saker" help
  done
}

test_wrong_words() {
  run "$saker" stauts
  expect_status "misspelt verb" 2
  expect_output "misspelt verb" "did you mean 'status'"
  run "$saker" abracadabra
  expect_status "unknown verb" 2
  expect_output "unknown verb" "./saker help"
  run "$saker" up --sideways
  expect_status "unknown option" 2
  run "$saker" status --data
  expect_status "missing value" 2
  run "$saker" up --port-base seven
  expect_status "port that is no number" 2
  run "$saker" up --port-base 70000
  expect_status "port out of range" 2
}

test_foreign_folders() {
  local foreign=$test_dir/foreign
  mkdir -p "$foreign"
  printf 'precious\n' >"$foreign/file"
  run "$saker" reset --yes --data "$foreign"
  expect_status "reset of a foreign folder" 1
  expect_output "reset of a foreign folder" "not a Saker data directory"
  expect "the foreign file is still there" test -s "$foreign/file"
  run "$saker" reset --yes --data "$test_dir/nowhere"
  expect_status "reset of nothing" 0
  run "$saker" status --data "$test_dir/nowhere"
  expect_status "status of nothing" 1
  run "$saker" down --data "$test_dir/nowhere"
  expect_status "down of nothing" 1
  run "$saker" logs engine --data "$test_dir/nowhere"
  expect_status "logs of nothing" 1
}

make_data() { # make_data DIR: as `up` does at the first start
  run bash -c 'set -eu; SAKER_ROOT=$1; source "$1/deploy/launcher/common.sh"
    source "$1/deploy/launcher/data.sh"; data_dir=$2; data_create' - "$TEST_ROOT" "$1"
}

test_first_start() {
  local disk=$test_dir/disk
  mkdir -p "$disk"/{config,lost+found}
  make_data "$disk"
  expect_status "a disk of its own, and configuration" 0
  expect "it is a data directory now" test -s "$disk/.saker-data"
  make_data "$test_dir/foreign"
  expect_status "a foreign folder" 1
  expect_output "a foreign folder" "neither empty nor a Saker data directory"
  expect "and stays one" test ! -e "$test_dir/foreign/.saker-data"
}

test_reset_asks() {
  local data=$test_dir/ours
  mkdir -p "$data"
  : >"$data/.saker-data"
  run "$saker" reset --data "$data"
  expect_status "reset without a terminal" 1
  expect "it deleted nothing" test -e "$data/.saker-data"
  run "$saker" reset --data "$data" --yes
  expect_status "reset --yes" 0
  expect "it is gone" test ! -e "$data"
}

test_help
test_wrong_words
test_foreign_folders
test_first_start
test_reset_asks
