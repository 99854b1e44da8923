#!/usr/bin/env bash
# kill -9 of every process that saker-gateway depends on, in turn, while customers trade through it
# and listen; the gateway goes on, nothing acknowledged is missing or doubled, readiness tells what
# is missing.
# Runs long.
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/kill_test.py"
