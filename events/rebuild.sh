#!/usr/bin/env bash
# rebuild.sh DATA ledger|marketdata: empties what is derived from the event journal, so that its
# service makes it anew, from the first event. May be run while everything runs: the service loses
# its connection, finds an empty schema and begins. Alarms are taken back. What is not derived
# (identity, payments) is not touched.
set -euo pipefail

usage() {
  echo "usage: events/rebuild.sh DATA ledger|marketdata" >&2
  exit 2
}

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
(($# == 2)) || usage
case $2 in
  ledger)
    service=saker-settlement
    tables=(entries balances totals trades busts orders reconciliations)
    ;;
  marketdata)
    service=saker-marketdata
    tables=(trades busts candles)
    ;;
  *) usage ;;
esac

statements="
BEGIN;
LOCK TABLE $2.cursor IN ACCESS EXCLUSIVE MODE;
SELECT count(pg_terminate_backend(pid)) AS connections_ended
  FROM pg_stat_activity WHERE application_name = '$service';
TRUNCATE $2.cursor;"
for table in "${tables[@]}"; do
  statements+=" TRUNCATE $2.$table;"
done
if [[ $2 == ledger ]]; then
  statements+=" UPDATE ledger.alarms SET cleared_at = now() WHERE cleared_at IS NULL;"
fi
statements+=" COMMIT;"

"$here/../deploy/database/cluster.sh" "$1" psql saker_admin \
  --quiet --no-psqlrc --set ON_ERROR_STOP=1 --command "$statements"
echo "$2 is empty; $service makes it anew from the event journal."
