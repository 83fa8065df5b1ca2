#!/usr/bin/env bash
# Mounts the shared files, if the lab has any. SMB asks for the account's key: it is read with the lab's identity at
# every boot, and lies in memory only, readable for root.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/files/fstab.sh
. "$here/fstab.sh"
# shellcheck source=components/azure/files/arm.sh
. "$here/arm.sh"
credentials=/run/mllab/smb

# The right to read the key may reach Azure's edges minutes after it was given.
read_key() {
  local answer
  answer=$(arm_post "$account/listKeys?api-version=2024-01-01" "$identity") || return
  key=$(json 'found["keys"][0]["value"]' <<<"$answer") && [[ -n $key ]]
}

kind=$(setting MOUNT_KIND)
source=$(setting MOUNT_SOURCE)
path=$(setting MOUNT_PATH)
options=$(setting MOUNT_OPTIONS)
account=$(setting ACCOUNT)
identity=$(setting IDENTITY)
case $kind in
  '') exit ;;
  smb) ;;
  *) die "MOUNT_KIND $kind: only smb can be mounted here" ;;
esac
if ! command -v mount.cifs >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  retry apt-get -y -q update
  retry apt-get -y -q install cifs-utils
fi
# The kernels of some images leave SMB out.
modprobe cifs || retry apt-get -y -q install "linux-modules-extra-$(uname -r)"
key=
retry read_key
mkdir -p "$MLLAB_ROOT/run/mllab"
(
  umask 077
  printf 'username=%s\npassword=%s\n' "${account##*/}" "$key" >"$MLLAB_ROOT$credentials"
)
fstab_network "$source" "$path" cifs "credentials=$credentials,$options"
