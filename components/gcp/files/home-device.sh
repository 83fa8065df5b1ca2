#!/usr/bin/env bash
# Prints the device of the home disk; fails while it is not attached.
# Names like /dev/sdb follow the order of attachment; the link by the name it is attached under is always the right disk.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
name=$(setting HOME_DEVICE)
readlink --canonicalize-existing "$MLLAB_ROOT/dev/disk/by-id/google-$name"
