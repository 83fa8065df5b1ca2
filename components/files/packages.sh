#!/usr/bin/env bash
# Makes /opt/mllab/venv with JupyterLab and PyTorch: the image's own where it has them, else from the package index.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=components/files/lab-env.sh
. "$here/lab-env.sh"
venv=$MLLAB_ROOT/opt/mllab/venv
image=$MLLAB_ROOT/opt/pytorch
done_marks=$MLLAB_ROOT/var/lib/mllab/done

# once NAME COMMAND...: skip what an earlier boot has finished.
once() {
  [[ ! -e $done_marks/$1 ]] || return 0
  step "$@"
  mkdir -p "$done_marks"
  touch "$done_marks/$1"
}

# PyTorch needs a newer Python than Amazon Linux 2023 starts with.
make_venv() {
  local python=python3
  if command -v dnf >/dev/null; then
    retry limited 900 dnf -y -q install python3.12 python3.12-pip
    python=python3.12
  else
    export DEBIAN_FRONTEND=noninteractive
    retry limited 1200 apt-get -y -q update
    retry limited 1200 apt-get -y -q install python3-venv
  fi
  mkdir -p "${venv%/*}"
  # Students install more into it, so it is theirs.
  chown lab:lab "${venv%/*}"
  as_lab "$python" -m venv "$venv"
}

as_lab() {
  # /tmp is half of the memory on Amazon Linux; a CUDA wheel may not fit.
  limited 1800 runuser -u lab -- env HOME=/home/lab TMPDIR="${venv%/*}" "$@"
}

install() {
  retry as_lab "$venv/bin/pip" install --no-cache-dir --disable-pip-version-check --progress-bar off "$@"
}

install_torch() {
  local gpus
  gpus=$(setting GPU)
  case $gpus in
    '' | 0) install torch torchvision --index-url https://download.pytorch.org/whl/cpu ;;
    *) install_torch_with_cuda ;;
  esac
}

# The newest PyTorch may want a newer CUDA than the driver runs, and would find no GPU without a word: so the newest
# that was tried with the driver's. The index's own wheels carry CUDA: 2.14 carries 13.0, 2.10 carries 12.8.
# Source: https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html, the wheels' requirements
install_torch_with_cuda() {
  local driver
  driver=$(timeout 60 nvidia-smi --query-gpu=driver_version --format=csv,noheader) ||
    die "the NVIDIA driver does not answer (nvidia-smi), so PyTorch waits for it"
  driver=${driver%%.*}
  [[ $driver =~ ^[0-9]+$ ]] || die "the NVIDIA driver has no version: $driver"
  if ((driver >= 580)); then
    install 'torch==2.14.*' 'torchvision==0.29.*'
  elif ((driver >= 525)); then
    install 'torch==2.10.*' 'torchvision==0.25.*'
  else
    die "the NVIDIA driver $driver is too old for PyTorch, which needs 525"
  fi
}

use_image() {
  mkdir -p "${venv%/*}"
  chown -R lab:lab "$image"
  ln -sfn "$image" "$venv"
}

if [[ -x $image/bin/jupyter-lab ]]; then
  once image use_image
  systemctl start --no-block mllab-jupyter.service
else
  once venv make_venv
  once jupyterlab install jupyterlab
  # Notebooks open while PyTorch, several GB, is still on its way.
  systemctl start --no-block mllab-jupyter.service
  once torch install_torch
fi
