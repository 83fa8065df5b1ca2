#!/usr/bin/env bash
# Prints environment variables for notebooks. boto3 finds credentials on its own, but no region.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
region=$(setting REGION)
bucket=$(setting BUCKET)
[[ $region =~ ^[a-z0-9-]+$ ]] || die "REGION is no region: $region"
[[ $bucket =~ ^[a-z0-9.-]+$ ]] || die "BUCKET is no bucket: $bucket"
printf 'AWS_DEFAULT_REGION=%s\nLAB_BUCKET=s3://%s\n' "$region" "$bucket"
