#!/usr/bin/env bash
# Prints the device of the home disk; fails while it is not attached.
# Names like /dev/sdc follow the order of attachment; the link by slot (LUN) is always the right disk. Which of the two
# there is depends on whether the machine size has SCSI or NVMe disks.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
lun=$(setting HOME_DEVICE)
lun=${lun#lun}
[[ $lun =~ ^[0-9]+$ ]] || die "HOME_DEVICE is no slot for a disk: $lun"
disks=$MLLAB_ROOT/dev/disk/azure
readlink --canonicalize-existing "$disks/scsi1/lun$lun" || readlink --canonicalize-existing "$disks/data/by-lun/$lun"
