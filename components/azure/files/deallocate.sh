#!/usr/bin/env bash
# Stops this machine as the watchdog's STOP_COMMAND. Azure goes on billing a machine that is only shut down; one that
# it deallocates costs its disks. The machine asks for that itself: its identity may do so to this machine alone.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/azure/files/arm.sh
. "$here/arm.sh"
machine=$(metadata 'instance/compute/resourceId?api-version=2021-02-01&format=text')
[[ $machine == /subscriptions/* ]] || die "the metadata service gave no id of this machine: $machine"
arm_post "$machine/deallocate?api-version=2024-11-01"
