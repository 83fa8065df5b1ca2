#!/usr/bin/env bash
# Stops this notebook instance: SageMaker bills it until it is told so, whatever becomes of the machine.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
about=$MLLAB_ROOT/opt/ml/metadata/resource-metadata.json
region=$(setting REGION)
name=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["ResourceName"])' "$about")
exec aws sagemaker stop-notebook-instance --region "$region" --notebook-instance-name "$name"
