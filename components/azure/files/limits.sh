#!/usr/bin/env bash
# Prints the limits that hold now, for the watchdog: they are tags of this machine, which change while it runs.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/azure/files/arm.sh
. "$here/arm.sh"
tags=$(metadata 'instance/compute/tagsList?api-version=2021-02-01')
idle=$(json '{tag["name"]: tag["value"] for tag in found}["idle-minutes"]' <<<"$tags")
hours=$(json '{tag["name"]: tag["value"] for tag in found}["max-hours"]' <<<"$tags")
printf 'IDLE_MINUTES=%s\nMAX_HOURS=%s\n' "$idle" "$hours"
