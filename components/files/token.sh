#!/usr/bin/env bash
# mllab-token [PORT]: prints the address to open in the browser while the connect command runs on your own machine,
# which forwards that port of it; 8888 unless said otherwise.
set -euo pipefail
port=${1:-8888}
if ! [[ $port =~ ^[0-9]+$ ]]; then
  echo "no port: $port" >&2
  exit 2
fi
file=${MLLAB_ROOT:-}/run/mllab/jupyter.env
if ((EUID != 0)) && [[ ! -r $file ]]; then
  exec sudo -- "$0" "$@"
fi
if [[ ! -r $file ]]; then
  echo "no token yet: the machine is still being prepared, see mllab-status" >&2
  exit 1
fi
printf 'http://localhost:%s/lab?token=%s\n' "$port" "$(sed -n 's/^JUPYTER_TOKEN=//p' "$file")"
