#!/usr/bin/env bash
# Prepares this notebook instance; runs as root at every start, since only /home/ec2-user/SageMaker outlives a stop.
# The files to write come behind the last line, packed. SageMaker gives it five minutes, and starts no machine on which
# it fails: so it downloads nothing, and a machine that nothing would stop is none.
set -euo pipefail
# Tests put the machine into a folder.
root=${MLLAB_ROOT:-}

umask 022
python3 - "$0" "$root" <<'unpack'
import base64, lzma, pathlib, sys
packed = open(sys.argv[1]).read().rstrip("\n").rpartition("\n")[2]
parts = lzma.decompress(base64.b85decode(packed)).decode().split("\0")
for path, mode, text in zip(*[iter(parts)] * 3):
    file = pathlib.Path(sys.argv[2] + path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(int(mode, 8))
unpack
systemctl daemon-reload
systemctl start mllab-watchdog.timer
mkdir -p "$root/run/mllab-awake"
# Here people put `mllab-keep-awake`.
chown ec2-user: "$root/run/mllab-awake"
systemctl start --no-block mllab-shared.service
# It has started by now, without /etc/profile.d/jupyter-env.sh.
systemctl restart --no-block jupyter-server || true
exit
