#!/usr/bin/env bash
# The mail sink: what is sent to it is in the inbox, newest first, and nothing else is listened to.
# Runs once.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
data=$test_dir/data
random_port_base
port=$((REPLY + 6))

send() { # send TO SUBJECT TEXT
  run curl -sS -m 5 --url "smtp://127.0.0.1:$port" --mail-from venue@saker.example \
    --mail-rcpt "$1" --upload-file <(printf 'To: %s\r\nSubject: %s\r\n\r\n%s\r\n' "$1" "$2" "$3")
  expect_status "mail to $1" 0
}

inbox() { run "$TEST_ROOT/saker" mail --data "$data" "$@"; }

last_is() { [[ ${output##*"$1"} != *"$2"* && $output == *"$2"*"$1"* ]]; } # FIRST comes after SECOND

test_inbox() {
  inbox
  expect_output "empty" "no mail"
  send alice@example.org "Your code" "The code is 123456."
  send bob@example.org "Your code" "The code is 654321."
  inbox
  expect "newest first" last_is 123456 654321
  inbox Alice@example.org
  expect_output "one address" "123456"
  expect "the other's is not shown" test "${output/654321/}" = "$output"
  inbox --code bob@example.org
  expect "the code alone" test "$output" = 654321
  inbox --code nobody@example.org
  expect_status "no code" 1
}

test_hostile_mail() {
  send eve@example.org "$(printf 'escape \033[2J')" "$(printf 'text \033]0;title\007 here')"
  inbox eve@example.org
  expect "no control characters" test "$output" = "$(tr -d '\000-\010\013-\037' <<<"$output")"
  head -c 400000 /dev/zero | tr '\0' x >"$test_dir/big"
  run curl -sS -m 5 --url "smtp://127.0.0.1:$port" --mail-from a@b.example --mail-rcpt c@d.example \
    --upload-file "$test_dir/big"
  expect "too much is refused" test "$status" -ne 0
}

test_survives() {
  kill_and_wait "$data" mail
  inbox
  expect_output "after kill -9" "654321"
  expect "owner only" test "$(stat -c %a "$data/mail")" = 700
  run ss -ltnH "sport = :$port"
  expect "loopback only" test "$(awk '{print $4}' <<<"$output")" = "127.0.0.1:$port"
}

start_venue "$data" "$((port - 6))" mail
test_inbox
test_hostile_mail
test_survives
