#!/usr/bin/env bash
# The page: built by the launcher only when its sources change; its types, style and unit tests.
# Runs once.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

page() { # page COMMAND…: with the launcher's own functions, and the Node that it chose
  run bash -c 'set -euo pipefail; SAKER_ROOT=$1; shift
    source "$SAKER_ROOT/deploy/launcher/common.sh"; use packages page
    "$@"' bash "$TEST_ROOT" "$@"
}

check() {
  ensure_node
  npm --prefix "$SAKER_ROOT/frontend" run check
}
export -f check

page page_build
expect_status "a build" 0
expect "there is a page" test -s "$TEST_ROOT/frontend/dist/index.html"
page page_build
expect "nothing to do the second time" test "$status $output" = "0 "
page check
expect_status "npm run check" 0
expect_output "unit tests ran" "Tests "
