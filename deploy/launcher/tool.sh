# The verbs that are programs of their own: built when missing, then started with the rest of the
# command line.

verb_tool() { # verb_tool VERB WORD...
  local verb=$1
  shift
  use packages build processes data process
  if [[ ! -x $SAKER_BUILD/${tool_program[$verb]} ]]; then
    ensure_packages base
    build release "${tool_program[$verb]}"
  fi
  exec "$SAKER_BUILD/${tool_program[$verb]}" "$@"
}
