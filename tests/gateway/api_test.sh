#!/usr/bin/env bash
# Every operation and channel of saker-gateway on a whole venue of real processes, each answer held
# against the documents in gateway/api.
# Runs long.
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/api_test.py"
