#!/usr/bin/env bash
# Sourced by the scripts of this machine: settings, steps that leave a message when they fail, retries.

# Tests put the machine into a folder.
MLLAB_ROOT=${MLLAB_ROOT:-}
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

# step NAME COMMAND...: run it. Until it has succeeded, its last words stand where `mllab-status` and the login message
# show them; also where it was ended half way.
step() {
  local name=$1 words code
  shift
  words=$(mktemp)
  mkdir -p "$problems"
  printf '%s: not ready yet\n' "$name" >"$problems/$name"
  login_message
  # Not `||`: inside of it the step itself would run on after an error.
  set +e
  (
    set -e
    "$@"
  ) 2>"$words"
  code=$?
  set -e
  cat "$words" >&2
  if ((code)); then
    printf '%s: %s\n' "$name" "$(tail -n 1 "$words")" >"$problems/$name"
  else
    rm -f "$problems/$name"
  fi
  rm -f "$words"
  login_message
  return "$code"
}

# limited SECONDS COMMAND...: end it after so long.
limited() {
  local code=0
  timeout --kill-after=10 "$@" || code=$?
  if ((code == 124 || code == 137)); then
    printf 'not ready after %s s, given up: %s\n' "$1" "${*:2}" >&2
    # A limit around this one has not been reached.
    code=1
  fi
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
