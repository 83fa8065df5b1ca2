#!/usr/bin/env bash
# Prints the address to open in the browser while the connect command runs on your own machine.
set -euo pipefail
file=${MLLAB_ROOT:-}/run/mllab/jupyter.env
if ((EUID != 0)) && [[ ! -r $file ]]; then
  exec sudo -- "$0"
fi
if [[ ! -r $file ]]; then
  echo "no token yet: the machine is still being prepared, see mllab-status" >&2
  exit 1
fi
printf 'http://localhost:8888/lab?token=%s\n' "$(sed -n 's/^JUPYTER_TOKEN=//p' "$file")"
