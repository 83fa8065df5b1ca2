#!/usr/bin/env bash
# Prints environment variables for notebooks. boto3 finds credentials on its own, but no region.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
region=$(setting REGION)
[[ $region =~ ^[a-z0-9-]+$ ]] || die "REGION is no region: $region"
printf 'AWS_DEFAULT_REGION=%s\n' "$region"
