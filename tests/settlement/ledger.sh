# Shared by the tests of this folder; sourced after tests/lib.sh. Uses $data and $port_base.

service_token() { cat "$data/secrets/service.token"; }

internal() { # internal PORT_OFFSET PATH: the answer of a service to another one
  curl -s -m 5 -H "X-Saker-Service: $(service_token)" \
    "http://127.0.0.1:$((port_base + $1))$2"
}

metric() { # metric PORT_OFFSET NAME: its number
  internal "$1" /metrics | sed -n "s/^saker_[a-z]*_$2 //p"
}

reconcile() { run "$saker" reconcile --data "$data" "$@"; }

expect_no_difference() { # expect_no_difference WHEN
  reconcile
  expect_status "reconcile $1" 0
  expect_output "reconcile $1" "no account differs"
  reconcile --entries
  expect_status "reconcile, from the entries, $1" 0
}

cursor_of() { venue_psql "$data" "SELECT coalesce(max(sequence), 0) FROM $1.cursor"; }
cursor_reaches() { # cursor_reaches SCHEMA SEQUENCE
  local reached
  reached=$(cursor_of "$1" 2>/dev/null) && ((${reached:-0} >= $2))
}

# digest_of SCHEMA: every derived row, in order.
digest_of() {
  local -A keys=([ledger.entries]="sequence, leg" [ledger.trades]=trade_id
    [ledger.busts]=trade_id [ledger.orders]=created_sequence [ledger.balances]="account, asset"
    [ledger.totals]=asset [marketdata.trades]="market, trade_id"
    [marketdata.busts]="market, trade_id"
    [marketdata.candles]="market, interval_s, open_time_s")
  local table
  for table in "${!keys[@]}"; do
    [[ $table == "$1".* ]] || continue
    printf '%s %s %s\n' "$table" "$(venue_psql "$data" "SELECT count(*) FROM $table")" \
      "$(venue_psql "$data" "SELECT * FROM $table ORDER BY ${keys[$table]}" | sha256sum)"
  done | sort
}

# The journal must be at rest: nobody trades.
expect_rebuild_is_identical() { # expect_rebuild_is_identical SCHEMA
  local before after reached
  reached=$(cursor_of "$1")
  before=$(digest_of "$1")
  run "$TEST_ROOT/events/rebuild.sh" "$data" "$1"
  expect_status "rebuild of $1" 0
  expect "$1 comes back" wait_until 120 cursor_reaches "$1" "$reached"
  after=$(digest_of "$1")
  output="before:"$'\n'"$before"$'\n'"after:"$'\n'"$after"
  expect "$1 has rows" grep -qE '(entries|candles) [1-9]' <<<"$before"
  expect "$1 is the same row for row" test "$before" = "$after"
}

sum_is() { # sum_is WHAT SQL VALUE
  output=$(venue_psql "$data" "$2" 2>&1)
  expect "$1: $3" test "$output" = "$3"
}
