# docs/recovery.md as something to be carried out, section by section. Sourced after ../lib.sh by
# those who set DATA and BACKUP.

guide=$TEST_ROOT/docs/recovery.md
blocks=$test_dir/blocks

cut_guide() { # every ```sh block into a file of its own, named after its section and place in it
  mkdir "$blocks"
  awk -v to="$blocks" '/^## / { section = substr($0, 4); n = 0 }
    /^```$/ { if (inside) close(file); inside = 0 }
    inside { print > file }
    /^```sh$/ { inside = 1; file = to "/" section "." ++n }' "$guide"
  expect "the guide has instructions" test "$(find "$blocks" -type f | wc -l)" -gt 10
}

do_block() { # do_block SECTION [NUMBER]: runs it as an operator does, from the repository
  local file=$blocks/$1.${2:-1}
  run env -C "$TEST_ROOT" bash -euo pipefail "$file"
  expect_status "$1, commands ${2:-1}" 0
  mv "$file" "$file.done" 2>/dev/null || expect "$1 has commands" false
  rm -f "$file.done"
}

says() { # says SECTION TEXT: the guide promises it, and the last command or the log below said it
  expect "the guide says '$2'" grep -qF -- "$2" <(tr '\n' ' ' <"$guide")
  expect_output "$1" "$2"
}
log_says() { # log_says NAME TEXT
  output=$(<"$DATA/logs/$1.log")
  says "$1.log" "$2"
}
