#!/usr/bin/env bash
# Sourced: what this machine asks AWS about itself, and how it gives a sign of life. Needs lab-env.sh.
# Tests have their own.
IMDS=${MLLAB_IMDS:-http://169.254.169.254}

# metadata PATH: what AWS tells this machine alone. A short-lived token comes first (IMDSv2).
metadata() {
  local token
  token=$(ask --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$IMDS/latest/api/token")
  ask --header @- "$IMDS/latest/meta-data/$1" <<<"X-aws-ec2-metadata-token: $token"
}

ask() {
  curl --silent --show-error --fail --noproxy '*' --max-time 3 "$@"
}

# put_sign REGION TABLE KEY: the watchdog's sign, as one item of the table.
put_sign() {
  local item
  item=$(python3 -Es -c 'import json, sys
print(json.dumps({"machine": {"S": sys.argv[1]}, "sign": {"S": open(sys.argv[2]).read()}}))' "$3" "$MLLAB_ROOT/run/mllab-watchdog/sign.json")
  aws dynamodb put-item --region "$1" --table-name "$2" --item "$item" --cli-connect-timeout 3 --cli-read-timeout 5
}
