#!/usr/bin/env bash
# Keeps this machine from being stopped as idle for a while; the longest time (MAX_HOURS) still holds.
set -euo pipefail
file=${MLLAB_ROOT:-}/run/mllab-awake/until
usage='usage: mllab-keep-awake 3h | 90m | off'

[[ $# -eq 1 ]] || {
  echo "$usage" >&2
  exit 2
}
if [[ $1 == off ]]; then
  rm -f "$file"
  echo "stops again when idle"
  exit
fi
[[ $1 =~ ^([1-9][0-9]{0,3})([hm])$ ]] || {
  printf '%s: not a time span; %s\n' "$1" "$usage" >&2
  exit 2
}
unit=60
[[ ${BASH_REMATCH[2]} == m ]] || unit=3600
# Seconds since the boot, as the watchdog counts.
read -r uptime _ <"${MLLAB_ROOT:-}/proc/uptime"
until=$((${uptime%.*} + BASH_REMATCH[1] * unit))
# A new file put in place, never a write into what lies there: with sudo that might be somebody's link.
draft=$(mktemp "$file.XXXXXX" 2>/dev/null) || {
  echo "cannot write to ${file%/*}: try sudo mllab-keep-awake $1" >&2
  exit 1
}
echo "$until" >"$draft"
mv --force --no-target-directory "$draft" "$file"
echo "not stopped as idle for $1 from now"
