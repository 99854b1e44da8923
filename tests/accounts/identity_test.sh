#!/usr/bin/env bash
# Signing in, with a real database and a real mail server: codes, limits, tokens, sessions, and what
# holds when the database or the service itself is killed.
# Runs long.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/venue.sh"

prepare
for process in mail engine follower accounts; do start "$process"; done

check identity_checks.py \
  every_route_asks_for_its_credentials sign_up_with_the_mailed_code \
  nothing_secret_is_in_the_database a_code_bears_five_tries_and_five_minutes \
  known_and_unknown_addresses_look_the_same limits_count_addresses_and_networks \
  a_code_is_used_once_however_many_try \
  a_refresh_token_is_used_once_and_reuse_ends_the_session \
  sessions_are_listed_and_ended_by_their_owner_alone bad_requests_are_named remember_sessions

kill_hard accounts
start accounts
check identity_checks.py sessions_are_as_they_were

kill_database
check identity_checks.py while_the_database_is_gone
start_database
check identity_checks.py after_the_database_is_back

run grep -E '[^0-9][0-9]{6}[^0-9]' <(grep -v -E '^[0-9T:.Z-]+ info' "$data/logs/accounts.log")
expect "no code in the log" test -z "$(grep -i 'code' "$data/logs/accounts.log")"

kill -TERM "${pids[accounts]}"
expect "a clean stop" wait_until 15 eval '! kill -0 "${pids[accounts]}" 2>/dev/null'
