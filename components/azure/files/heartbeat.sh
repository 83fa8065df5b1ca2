#!/usr/bin/env bash
# Passes the watchdog's sign of life on to the lab: into a table of its storage account, under the name of the seat.
# https://learn.microsoft.com/rest/api/storageservices/insert-or-replace-entity
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/azure/files/arm.sh
. "$here/arm.sh"
seat=$(setting SEAT)
signs=$(setting SIGNS)
identity=$(setting IDENTITY)
entity=$(python3 -Es -c 'import json, sys
sign = json.load(open(sys.argv[2]))
times = {key: int(sign[key]) for key in ("seen_at", "busy_at", "awake_until")}
print(json.dumps({"PartitionKey": "signs", "RowKey": sys.argv[1], **times}))' "$seat" "$MLLAB_ROOT/run/mllab-watchdog/sign.json")
bearer=$(token "$identity" https://storage.azure.com)
curl --silent --show-error --fail --max-time 5 --request PUT --header @- --header 'Content-Type: application/json' \
  --header 'Accept: application/json' --header 'x-ms-version: 2020-12-06' --data "$entity" \
  "$signs(PartitionKey='signs',RowKey='$seat')" <<<"Authorization: Bearer $bearer"
