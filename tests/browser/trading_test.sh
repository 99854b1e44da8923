#!/usr/bin/env bash
# A person in headless Chromium and the whole venue: signs up with the mailed code, claims test
# money, trades, cancels, withdraws; every amount is checked to the last digit, the console must
# stay silent. Then a gateway that dies. The driver is frontend/e2e/trading.mjs. SAKER_PICTURES
# names a folder for screenshots.
# Runs once.
# Runs long.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/browser/venue.sh"
words=()
[[ -z ${SAKER_PICTURES:-} ]] || words=(--pictures "$SAKER_PICTURES")
person_acts "a person trades" trading.mjs "${words[@]}"
