#!/usr/bin/env bash
# Says what the watchdog found at its last look, and what is not complete.
set -euo pipefail
root=${MLLAB_ROOT:-}
cat "$root/run/mllab-watchdog/report" 2>/dev/null || echo 'watchdog: has not looked since this start'
! cat "$root/var/lib/mllab/problems"/* 2>/dev/null
