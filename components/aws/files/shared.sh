#!/usr/bin/env bash
# Mounts the shared file system, if the lab has one.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/files/fstab.sh
. "$here/fstab.sh"

kind=$(setting MOUNT_KIND)
source=$(setting MOUNT_SOURCE)
path=$(setting MOUNT_PATH)
options=$(setting MOUNT_OPTIONS)
case $kind in
  '') exit ;;
  efs) ;;
  *) die "MOUNT_KIND $kind: only efs can be mounted here" ;;
esac
if ! command -v mount.efs >/dev/null; then
  # https://github.com/aws/efs-utils: no package for Ubuntu
  command -v dnf >/dev/null || die "EFS needs an Amazon Linux image: amazon-efs-utils has no package for this system"
  retry limited 300 dnf -y -q install amazon-efs-utils
fi
fstab_network "$source:/" "$path" efs "$options"
