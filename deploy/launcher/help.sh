# The overall help, and the answer to a verb that does not exist.

verb_help() {
  cat <<'TEXT'
Saker: an exchange on one machine.

  ./saker up      install what is missing, build, start everything, watch it work
  ./saker test    install what is missing, build, run the tests

Running processes
  up        [--data DIR] [--port-base N] [--no-bots] [--only NAME,…] [--detach]
  status    [--data DIR]                 what runs, since when, how far
  down      [--data DIR]                 stop everything cleanly
  logs NAME [--data DIR] [-f] [-n LINES] a process's log: engine, gateway, …; saker
  mail      [--data DIR] [-f] [ADDRESS]  the inbox: sign-in codes come here
  reset     [--data DIR] [--yes]         delete the data directory
  backup    [--data DIR] [--to FILE|DIR] log, identity, payments, secrets in one file, online
  restore FILE [--data DIR]              a venue from it, into an empty folder

Tools
  top       live view of book, trades, sessions, sequence numbers, latency, log position
  log       the command log as text: verify, show, replay
  admin     commands of the venue's operator
  reconcile compare the engine's balances with the ledger's
  psql      the database, as a reader or [ROLE]
  bench     measurements beside their limits
  sim       the simulator: the real code on a fake network, disk and clock

Checking
  test      [NAME...]      quick suite, plain and with sanitizers
  test      --full         the long tests and the other compilers too
  test      --plants       every planted bug must be found
  test      --fuzz         every parser under its fuzzer; `./saker test --help` says how long
  test      --fresh        both commands above on a fresh Debian 12 in a chroot

`./saker VERB --help` says more about a verb.
TEXT
}

help_unknown_verb() { # help_unknown_verb VERB KNOWN...: names the nearest known verb
  local wrong=$1 known best= best_distance=99
  shift
  for known in "$@"; do
    help_distance "$wrong" "$known"
    if ((REPLY < best_distance)) || { ((REPLY == best_distance)) && [[ $known < $best ]]; }; then
      best=$known best_distance=$REPLY
    fi
  done
  if ((best_distance <= 2)); then
    warn "no verb '$wrong'; did you mean '$best'?"
  else
    warn "no verb '$wrong'; './saker help' lists them"
  fi
}

help_distance() { # edit distance of two short words
  local a=$1 b=$2 i j above left diagonal cost
  local -a row
  for ((j = 0; j <= ${#b}; j++)); do row[j]=$j; done
  for ((i = 1; i <= ${#a}; i++)); do
    diagonal=${row[0]}
    row[0]=$i
    for ((j = 1; j <= ${#b}; j++)); do
      [[ ${a:i-1:1} == "${b:j-1:1}" ]] && cost=0 || cost=1
      above=$((row[j] + 1)) left=$((row[j - 1] + 1)) cost=$((diagonal + cost))
      diagonal=${row[j]}
      ((above < cost)) && cost=$above
      ((left < cost)) && cost=$left
      row[j]=$cost
    done
  done
  REPLY=${row[${#b}]}
}
