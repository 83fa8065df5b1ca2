#!/usr/bin/env bash
# Sourced: mounts that survive a restart. Needs lab-env.sh.

# A field of fstab(5): spaces, tabs and backslashes are written as octal numbers.
fstab_field() {
  local text=${1//\\/\\134}
  text=${text// /\\040}
  printf '%s' "${text//$'\t'/\\011}"
}

# fstab_mount SOURCE TARGET TYPE OPTIONS PASS: write or correct the line of the target, then mount it if it is not.
fstab_mount() {
  local table=$MLLAB_ROOT/etc/fstab target line
  target=$(fstab_field "$2")
  line="$(fstab_field "$1") $target $3 $(fstab_field "$4") 0 $5"
  if ! grep --quiet --fixed-strings --line-regexp -- "$line" "$table"; then
    TARGET=$target awk '$2 != ENVIRON["TARGET"]' "$table" >"$table.new"
    printf '%s\n' "$line" >>"$table.new"
    chmod 0644 "$table.new"
    mv "$table.new" "$table"
    systemctl daemon-reload
  fi
  mkdir -p "$MLLAB_ROOT$2"
  mountpoint --quiet "$2" || retry mount_now "$2"
}

# fstab_network SOURCE TARGET TYPE OPTIONS: the same for what lies behind the network.
# noauto: setup.sh mounts it at every boot, so no boot waits for it and nobody mounts it twice. Never nofail: mount(8)
# hands it on to the helper, gcsfuse's hands it to the kernel, and the kernel refuses it.
fstab_network() {
  fstab_mount "$1" "$2" "$3" "_netdev,noauto,$4" 0
}

# With nofail, mount(8) calls it a success when the device is not known yet.
mount_now() {
  limited 120 mount "$1"
  if ! mountpoint --quiet "$1"; then
    printf '%s could not be mounted\n' "$1" >&2
    return 1
  fi
}
