#!/usr/bin/env bash
# Mounts the home disk on /home/lab. Formats it only if it is blank beyond doubt.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
# shellcheck source=components/files/fstab.sh
. "$here/fstab.sh"
home=/home/lab

# The disk is attached while the machine is already starting.
wait_for_device() {
  local tries=150
  until "$here/home-device.sh"; do
    ((--tries)) || die "home disk $volume is not attached: attach it, then restart the machine"
    sleep 2
  done
}

# Prints the kind of file system, or `blank`. Whatever is neither ext4 nor provably blank ends the script.
contents() {
  local code=0 found
  found=$(blkid -p -o export "$1") || code=$?
  case $code in
    0)
      [[ $'\n'$found$'\n' == *$'\nTYPE=ext4\n'* ]] ||
        die "home disk $1 holds something else than ext4, left untouched: ${found//$'\n'/ }"
      echo ext4
      ;;
    2) # nothing found, or nothing readable: a new disk reads as zeros
      cmp --silent --bytes=1048576 "$1" /dev/zero || die "home disk $1 is not blank, left untouched"
      echo blank
      ;;
    *) die "home disk $1 holds more than one thing (blkid: $code), left untouched" ;;
  esac
}

volume=$(setting HOME_DEVICE)
if [[ -n $volume ]]; then
  device=$(wait_for_device)
  found=$(contents "$device")
  if [[ $found == blank ]]; then
    mkfs.ext4 -q -m 0 -L mllab-home "$device"
  fi
  uuid=$(blkid -p -s UUID -o value "$device")
  fstab_mount "UUID=$uuid" "$home" ext4 defaults,nofail,x-systemd.device-timeout=60 2
  [[ $(findmnt --noheadings --output SOURCE --mountpoint "$home") == "$device" ]] ||
    die "$home is not on the home disk $device: something else is mounted there"
fi
mkdir -p "$MLLAB_ROOT$home"
chown lab:lab "$MLLAB_ROOT$home"
files=$(ls --almost-all --ignore=lost+found "$MLLAB_ROOT$home")
if [[ -z $files ]]; then
  chmod 0700 "$MLLAB_ROOT$home"
  runuser -u lab -- cp -r "$MLLAB_ROOT/etc/skel/." "$MLLAB_ROOT$home"
fi
