#!/usr/bin/env bash
# Sourced by the scripts of this machine: settings, steps that leave a message when they fail, retries.

MLLAB_ROOT=${MLLAB_ROOT:-} # tests put the machine into a folder
MLLAB_SETTINGS=${MLLAB_SETTINGS:-$MLLAB_ROOT/etc/mllab/lab.env}
problems=$MLLAB_ROOT/var/lib/mllab/problems

# setting KEY: one KEY=value per line; all after the first = up to the end of the line is the value.
# Nothing is evaluated: a value may hold quotes, spaces or $(...). Call it as `name=$(setting KEY)`: only a plain
# assignment lets a missing file or key end the script.
setting() {
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == "$1="* ]]; then
      printf '%s\n' "${line#*=}"
      return
    fi
  done <"$MLLAB_SETTINGS"
  die "$MLLAB_SETTINGS has no $1"
}

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# step NAME COMMAND...: run it; if it fails, its last words stay where `mllab-status` and the login message show them.
step() {
  local name=$1 words code
  shift
  words=$(mktemp)
  set +e # not `||`: inside of it the step itself would run on after an error
  (
    set -e
    "$@"
  ) 2>"$words"
  code=$?
  set -e
  cat "$words" >&2
  mkdir -p "$problems"
  if ((code)); then
    printf '%s: %s\n' "$name" "$(tail -n 1 "$words")" >"$problems/$name"
  else
    rm -f "$problems/$name"
  fi
  rm -f "$words"
  login_message
  return "$code"
}

login_message() {
  local message=$MLLAB_ROOT/etc/motd.d/mllab
  mkdir -p "$MLLAB_ROOT/etc/motd.d"
  if [[ -n $(ls -A "$problems") ]]; then
    { printf 'This machine is not complete (sudo mllab-status):\n' && cat "$problems"/*; } >"$message"
  else
    rm -f "$message"
  fi
}

# retry COMMAND...: five times, with growing pauses, for what the network may refuse once.
retry() {
  local pause
  for pause in 5 15 45 90; do
    "$@" && return
    printf 'failed, again in %s s: %s\n' "$pause" "$*" >&2
    sleep "$pause"
  done
  "$@"
}
