#!/usr/bin/env bash
# Mounts the bucket, and the shared file system if the lab has one.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/files/fstab.sh
. "$here/fstab.sh"

install() {
  export DEBIAN_FRONTEND=noninteractive
  retry apt-get -y -q -o DPkg::Lock::Timeout=300 update
  retry apt-get -y -q -o DPkg::Lock::Timeout=300 install "$1"
}

# https://cloud.google.com/storage/docs/cloud-storage-fuse/install
add_source() {
  local key=$MLLAB_ROOT/usr/share/keyrings/cloud.google.asc list=$MLLAB_ROOT/etc/apt/sources.list.d/gcsfuse.list name
  name=$(sed -n 's/^VERSION_CODENAME=//p' "$MLLAB_ROOT/etc/os-release")
  [[ -n $name ]] || die "gcsfuse: /etc/os-release names no version"
  mkdir -p "${key%/*}" "${list%/*}"
  retry curl -fsS --output "$key.new" --max-time 30 https://packages.cloud.google.com/apt/doc/apt-key.gpg
  mv "$key.new" "$key"
  printf 'deb [signed-by=%s] https://packages.cloud.google.com/apt gcsfuse-%s main\n' "${key#"$MLLAB_ROOT"}" "$name" >"$list"
}

mount_bucket() {
  local bucket path options
  bucket=$(setting BUCKET)
  path=$(setting BUCKET_PATH)
  options=$(setting BUCKET_OPTIONS)
  if ! command -v gcsfuse >/dev/null; then
    add_source
    install gcsfuse
  fi
  fstab_network "$bucket" "$path" gcsfuse "$options"
}

mount_files() {
  local kind source path options
  kind=$(setting MOUNT_KIND)
  source=$(setting MOUNT_SOURCE)
  path=$(setting MOUNT_PATH)
  options=$(setting MOUNT_OPTIONS)
  case $kind in
    '') return ;;
    nfs) ;;
    *) die "MOUNT_KIND $kind: only nfs can be mounted here" ;;
  esac
  command -v mount.nfs >/dev/null || install nfs-common
  fstab_network "$source" "$path" nfs "$options"
  # A new share belongs to root; every machine has the same number for the user.
  chown lab:lab "$MLLAB_ROOT$path"
}

case ${1:-} in
  bucket) mount_bucket ;;
  files) mount_files ;;
  *)
    # What one of them lacks must not keep the other away.
    code=0
    limited 700 "$here/shared.sh" files || code=$?
    limited 700 "$here/shared.sh" bucket || code=$?
    exit "$code"
    ;;
esac
