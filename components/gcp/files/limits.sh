#!/usr/bin/env bash
# Prints the limits that hold now, for the watchdog: they are metadata of this machine, which change while it runs.
set -euo pipefail
METADATA=${MLLAB_METADATA:-http://metadata.google.internal} # tests have their own

attribute() {
  curl --silent --show-error --fail --noproxy '*' --max-time 3 --header 'Metadata-Flavor: Google' \
    "$METADATA/computeMetadata/v1/instance/attributes/$1"
}

idle=$(attribute idle-minutes)
hours=$(attribute max-hours)
printf 'IDLE_MINUTES=%s\nMAX_HOURS=%s\n' "$idle" "$hours"
