#!/usr/bin/env bash
# Sourced: what this machine asks of Azure with its own identities. Needs lab-env.sh.
# A token is never an argument of a program: everybody on the machine can list those.
ARM=https://management.azure.com

# metadata PATH: what Azure tells this machine alone.
metadata() {
  curl --silent --show-error --fail --noproxy '*' --max-time 10 --header Metadata:true "http://169.254.169.254/metadata/$1"
}

# token [CLIENT_ID [SERVICE]]: a token of the identity with that id, for a service; without one, of the machine's own.
token() {
  local answer
  answer=$(metadata "identity/oauth2/token?api-version=2018-02-01&resource=${2:-$ARM}/${1:+&client_id=$1}")
  json 'found["access_token"]' <<<"$answer"
}

# arm_post PATH [CLIENT_ID]: call Azure's management API, print its answer.
arm_post() {
  local bearer
  bearer=$(token "${2:-}")
  curl --silent --show-error --fail --max-time 40 --request POST --data '' --header @- "$ARM$1" \
    <<<"Authorization: Bearer $bearer"
}

# json EXPRESSION: one value of the JSON on standard input, which is `found` there.
json() {
  python3 -Es -c "import json, sys; found = json.load(sys.stdin); print($1)"
}
