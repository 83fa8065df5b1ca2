#!/usr/bin/env bash
# Passes the watchdog's sign of life on to the lab, where the watch outside the machines reads it.
# The key is what AWS calls this machine's session: the role may write under no other.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/aws/files/imds.sh
. "$here/imds.sh"
region=$(setting REGION)
table=$(setting SIGNS)
role=$(setting ROLE)
machine=$(metadata instance-id)
[[ $machine =~ ^i-[0-9a-f]+$ ]] || die "the metadata service gave no id of this machine: $machine"
put_sign "$region" "$table" "$role:$machine"
