#!/usr/bin/env bash
# Prints environment variables for notebooks. Google's libraries find credentials on their own, but no region.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
region=$(setting REGION)
project=$(setting PROJECT)
bucket=$(setting BUCKET)
[[ $region =~ ^[a-z0-9-]+$ ]] || die "REGION is no region: $region"
[[ $project =~ ^[a-z0-9:.-]+$ ]] || die "PROJECT is no project: $project"
[[ $bucket =~ ^[a-z0-9._-]+$ ]] || die "BUCKET is no bucket: $bucket"
printf 'GOOGLE_CLOUD_PROJECT=%s\nGOOGLE_CLOUD_REGION=%s\nLAB_BUCKET=gs://%s\n' "$project" "$region" "$bucket"
