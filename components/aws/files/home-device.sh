#!/usr/bin/env bash
# Prints the device of the home disk; fails while it is not attached.
# Names like /dev/nvme1n1 follow the order of attachment; the link by volume id is always the right disk.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
volume=$(setting HOME_DEVICE)
readlink --canonicalize-existing "$MLLAB_ROOT/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume/-/}"
