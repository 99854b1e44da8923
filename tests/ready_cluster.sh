#!/usr/bin/env bash
# ready_cluster.sh DATA: gives a test's data directory that has no database the files of one with
# all migrations, copied from one that the first test to need it makes: as if it came from another
# machine, it only has to be started. Making one from nothing is what tests/deploy/database_test.sh
# and tests/launcher/ do.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=$1

make_cluster() { # make_cluster FOLDER: whole or not at all
  local cluster=$root/deploy/database/cluster.sh word
  rm -rf -- "$1.new"
  for word in start stop forget; do "$cluster" "$1.new" "$word" </dev/null 9>&-; done
  rm -rf -- "$1.new/postgres/socket"
  mv -- "$1.new" "$1"
}

[[ ! -e $data/postgres ]] || exit 0
version=$(cat "$root"/deploy/database/{*.sh,*.conf,migrations/*.sql} | sha256sum)
made=$root/build/test-cluster/${version:0:16}
mkdir -p -- "${made%/*}" "$data"/{config,logs,run}
mkdir -p -m 700 -- "$data/secrets"
exec 9>"$made.lock"
flock 9
[[ -d $made ]] || make_cluster "$made"
exec 9>&-
cp -a -- "$made"/secrets/* "$data/secrets/"
cp -a -- "$made/postgres" "$data/"
