#!/usr/bin/env bash
# Says what state this machine is in and why it stays awake.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "${MLLAB_ROOT:-}/usr/local/lib/mllab/lab-env.sh"

state() { systemctl is-active "$1" || true; }

printf 'lab %s, seat %s\n' "$(setting LAB)" "$(setting SEAT)"
printf 'bucket %s\n' "$(setting BUCKET)"
printf 'shared files %s\n' "$(setting MOUNT_PATH)"
printf 'setup: %s\npackages: %s\nJupyter: %s\n' \
  "$(state mllab-setup)" "$(state mllab-packages)" "$(state mllab-jupyter)"
look=$(journalctl --quiet --identifier mllab-watchdog --lines 1 --output cat || true)
printf 'watchdog: %s\n' "${look:-not known yet, or readable with sudo mllab-status only}"
if [[ -d $problems && -n $(ls -A "$problems") ]]; then
  printf 'problems:\n'
  cat "$problems"/*
  exit 1
fi
