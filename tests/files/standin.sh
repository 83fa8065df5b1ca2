#!/usr/bin/env bash
# Stands in for a system tool under whose name it is called: notes the call, then does what the test says, if anything.
name=${0##*/}
{
  printf '%s' "$name"
  printf ' %s' "$@"
  printf '\n'
} >>"$STANDINS/calls"
if [[ -e $STANDINS/does/$name ]]; then
  # shellcheck source=/dev/null
  . "$STANDINS/does/$name"
fi
