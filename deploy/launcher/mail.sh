# `./saker mail`: what the venue has mailed.

mail_help() {
  cat <<'TEXT'
./saker mail [--data DIR] [-f] [-n COUNT] [ADDRESS]

Shows what the venue has mailed, newest first: nothing leaves this machine, sign-in codes come here.

  -f, --follow     go on showing what comes
  -n COUNT         how many messages (default 10)
  --code           print the newest code to ADDRESS alone; --wait SECONDS: wait for one
TEXT
}

verb_mail() {
  local -a words
  if [[ ${1:-} == -h || ${1:-} == --help ]]; then mail_help && return; fi
  use processes data
  split_data_options "$@"
  data_require
  exec /usr/bin/python3 -B "$SAKER_ROOT/deploy/mail/inbox.py" "$data_dir/mail" "${words[@]}"
}
