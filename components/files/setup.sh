#!/usr/bin/env bash
# Makes the machine ready: user, token, home disk. Runs at every boot; what is done stays as it is.
# Each cloud adds, in the same folder: home-device.sh (prints the home disk's device, fails while it is not attached),
# notebook-env.sh (prints NAME=value lines for the notebook), shared.sh (mounts the shared files, if any; see extras.sh).
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"

# The number stays the same on every image, so that a rebuilt machine owns the files on the home disk.
add_user() {
  getent passwd lab >/dev/null ||
    useradd --uid 2000 --user-group --groups systemd-journal --no-create-home --home-dir /home/lab --shell /bin/bash lab
}

# /run is empty after a boot: a new token per boot, the same one when only the service restarts.
write_token() {
  local file=$MLLAB_ROOT/run/mllab/jupyter.env token
  mkdir -p "$MLLAB_ROOT/run/mllab" "$MLLAB_ROOT/run/mllab-awake"
  # Here students put `mllab-keep-awake`.
  chown lab:lab "$MLLAB_ROOT/run/mllab-awake"
  [[ ! -s $file ]] || return 0
  token=$(od --address-radix=n --format=x1 --read-bytes=24 /dev/urandom | tr -d ' \n')
  ((${#token} == 48)) || die "no random numbers for the token"
  (
    umask 077
    { printf 'JUPYTER_TOKEN=%s\n' "$token" && "$here/notebook-env.sh"; } >"$file.new"
    mv "$file.new" "$file"
  )
}

# What notebooks know of the lab, shells know, too. JupyterLab's terminals show no login message, so this does.
write_profile() {
  local file=$MLLAB_ROOT/etc/profile.d/mllab.sh
  mkdir -p "${file%/*}"
  {
    "$here/notebook-env.sh" | sed 's/^/export /'
    printf '%s\n' "[ -n \"\${SSH_CONNECTION:-}\" ] || [ ! -t 1 ] || cat /etc/motd.d/mllab 2>/dev/null || :"
  } >"$file.new"
  mv "$file.new" "$file"
}

mkdir -p "$MLLAB_ROOT/run/mllab"
exec 9>"$MLLAB_ROOT/run/mllab/setup.lock"
flock 9
step user add_user
step token write_token
step profile write_profile
step home "$here/home.sh"
# They may have given up waiting for this script. Nothing that may take long stands before JupyterLab.
systemctl start --no-block mllab-packages.service mllab-jupyter.service mllab-shared.service
