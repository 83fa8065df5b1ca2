#!/usr/bin/env bash
# Lets the file system fill a home disk that was made larger.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"

volume=$(setting HOME_DEVICE)
if [[ -n $volume ]]; then
  device=$("$here/home-device.sh")
  resize2fs "$device"
fi
