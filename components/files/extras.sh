#!/usr/bin/env bash
# What work goes on without: a larger file system for the home disk, the shared files. Each has a limit in time, since
# a share that does not answer keeps its caller for ever; what is missing is shown at login.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"

code=0
step growth limited 300 "$here/grow.sh" || code=1
step shared limited 1500 "$here/shared.sh" || code=1
exit "$code"
