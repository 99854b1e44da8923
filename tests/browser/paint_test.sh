#!/usr/bin/env bash
# The page of a person in headless Chromium while the book changes a thousand times a second: it
# paints once a frame, and leaves most of its processor free. frontend/e2e/paint.mjs measures.
# Runs once. Measures alone.
# Works in memory.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
source "$TEST_ROOT/tests/browser/venue.sh"
person_acts "the page paints once a frame" paint.mjs
