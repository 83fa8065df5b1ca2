#!/usr/bin/env bash
# Tells notebooks and terminals the bucket's address, as jobs find it, on a machine that the vendor installs. Runs there as
# root, and LAB_BUCKET is set in the line before. JupyterLab may be up by then and goes on: a Python kernel reads its folder
# when it starts, and a terminal of JupyterLab is a login shell.
# https://ipython.readthedocs.io/en/stable/development/config.html, jupyter_server_terminals app.py
set -euo pipefail
umask 022
root=${MLLAB_ROOT:-} # tests put the machine into a folder
[[ $LAB_BUCKET =~ ^[a-z]+://[a-z0-9./_-]+$ ]] || {
  printf 'LAB_BUCKET is no address: %s\n' "$LAB_BUCKET" >&2
  exit 1
}
mkdir -p "$root/etc/profile.d" "$root/etc/ipython/startup"
printf 'export LAB_BUCKET=%s\n' "$LAB_BUCKET" >"$root/etc/profile.d/mllab.sh"
# No name of ours may be left over among people's own.
printf '__import__("os").environ["LAB_BUCKET"] = "%s"\n' "$LAB_BUCKET" >"$root/etc/ipython/startup/mllab.py"
