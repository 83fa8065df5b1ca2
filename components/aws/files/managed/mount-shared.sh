#!/usr/bin/env bash
# Mounts the shared files, if the lab has any, and shows them in JupyterLab, which sees only its own folder.
set -euo pipefail
# shellcheck source=components/files/lab-env.sh
. "$(dirname "$(readlink -f "$0")")/lab-env.sh"
source=$(setting MOUNT_SOURCE)
path=$(setting MOUNT_PATH)
options=$(setting MOUNT_OPTIONS)
link=$MLLAB_ROOT/home/ec2-user/SageMaker/shared

mount_shared() {
  command -v mount.efs >/dev/null || retry limited 300 dnf -y -q install amazon-efs-utils
  mkdir -p "$MLLAB_ROOT$path"
  mountpoint --quiet "$path" || retry limited 120 mount -t efs -o "$options" "$source:/" "$path"
  if [[ -L $link || ! -e $link ]]; then
    ln --symbolic --force --no-target-directory "$path" "$link"
  fi
}

[[ -z $source ]] || step shared mount_shared
