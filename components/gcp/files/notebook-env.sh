#!/usr/bin/env bash
# Prints environment variables for notebooks. Google's libraries find credentials on their own, but no region.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
region=$(setting REGION)
project=$(setting PROJECT)
[[ $region =~ ^[a-z0-9-]+$ ]] || die "REGION is no region: $region"
[[ $project =~ ^[a-z0-9:.-]+$ ]] || die "PROJECT is no project: $project"
printf 'GOOGLE_CLOUD_PROJECT=%s\nGOOGLE_CLOUD_REGION=%s\n' "$project" "$region"
