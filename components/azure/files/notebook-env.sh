#!/usr/bin/env bash
# Prints environment variables for notebooks. Azure's libraries find an identity on their own, but not which of two.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
identity=$(setting IDENTITY)
account=$(setting BUCKET)
[[ $identity =~ ^[0-9a-zA-Z-]+$ ]] || die "IDENTITY is no client id: $identity"
[[ $account =~ ^[a-z0-9]+$ ]] || die "BUCKET is no storage account: $account"
printf 'AZURE_CLIENT_ID=%s\nAZURE_STORAGE_ACCOUNT=%s\n' "$identity" "$account"
printf 'LAB_BUCKET=https://%s.blob.core.windows.net/data\n' "$account" # the lab's container
