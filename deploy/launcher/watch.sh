# Following the supervisor's log from where it was when we began: its lines become ours.

events_rest=

events_open() { # events_open FILE
  exec {events_fd}<"$1"
  events_skip
}

events_skip() { # to the end, silently
  local line
  while IFS= read -r line <&"$events_fd"; do :; done
}

events_show() { # what is new since the last call
  local line
  # A line that is not whole yet is kept for the next call.
  while IFS= read -r line <&"$events_fd" || { events_rest+=$line && false; }; do
    printf '  %s\n' "$events_rest$line"
    events_rest=
  done
}

events_follow() { # events_follow PID: shows lines as they come until the process is gone
  while kill -0 "$1" 2>/dev/null; do
    events_show
    sleep 0.5
  done
  events_show
}
