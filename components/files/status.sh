#!/usr/bin/env bash
# Says what state this machine is in and why it stays awake.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "${MLLAB_ROOT:-}/usr/local/lib/mllab/lab-env.sh"
# Of this boot: /run is empty after a start.
report=$MLLAB_ROOT/run/mllab-watchdog/report

state() { systemctl is-active "$1" || true; }

printf 'lab %s, seat %s\n' "$(setting LAB)" "$(setting SEAT)"
printf 'bucket %s\n' "$(setting BUCKET)"
printf 'shared files %s\n' "$(setting MOUNT_PATH)"
printf 'setup: %s\npackages: %s\nshared files and more: %s\nJupyter: %s\n' \
  "$(state mllab-setup)" "$(state mllab-packages)" "$(state mllab-shared)" "$(state mllab-jupyter)"
if [[ -r $report ]]; then
  printf 'watchdog, %s: ' "$(date --reference="$report" '+%H:%M %Z')"
  cat "$report"
else
  printf 'watchdog: has not looked since this start\n'
fi
if [[ -d $problems && -n $(ls -A "$problems") ]]; then
  printf 'problems:\n'
  cat "$problems"/*
  exit 1
fi
