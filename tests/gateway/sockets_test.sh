#!/usr/bin/env bash
# Many sockets at one time (200; 2,000 with SAKER_FULL=1) follow a moving book, some of which do
# not read: those are cut, the others miss nothing, and memory stays within bounds.
# Runs long.
exec /usr/bin/python3 -B "$(dirname "${BASH_SOURCE[0]}")/sockets_test.py"
