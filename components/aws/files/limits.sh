#!/usr/bin/env bash
# Prints the limits that hold now, for the watchdog: they are tags of this machine, which change while it runs.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/aws/files/imds.sh
. "$here/imds.sh"
idle=$(metadata tags/instance/idle-minutes)
hours=$(metadata tags/instance/max-hours)
printf 'IDLE_MINUTES=%s\nMAX_HOURS=%s\n' "$idle" "$hours"
