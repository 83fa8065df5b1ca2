#!/usr/bin/env bash
# Prints the limits that hold now, for the watchdog: they are tags of this notebook instance, which change while it runs.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
about=$MLLAB_ROOT/opt/ml/metadata/resource-metadata.json
region=$(setting REGION)
arn=$(python3 -Es -c 'import json, sys; print(json.load(open(sys.argv[1]))["ResourceArn"])' "$about")
# Pages are followed by the command line itself.
tags=$(aws sagemaker list-tags --region "$region" --resource-arn "$arn" --output json --cli-connect-timeout 3 --cli-read-timeout 5)
python3 -Es -c 'import json, sys
tags = {tag["Key"]: tag["Value"] for tag in json.load(sys.stdin)["Tags"]}
print("IDLE_MINUTES={}\nMAX_HOURS={}".format(tags["idle-minutes"], tags["max-hours"]))' <<<"$tags"
