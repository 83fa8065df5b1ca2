"""What a SageMaker notebook instance is told at every start."""

from __future__ import annotations

import base64
import lzma
from collections.abc import Mapping
from pathlib import Path

import pulumi

from components.cloud_init import CORE, LIB, SETTINGS_PATH, File, require, settings_text, shipped

_HERE = Path(__file__).parent / "files" / "managed"
_SHARED = (
    *("watchdog.py", "probes.py", "asking.py", "telling.py"),
    *("jupyter_server_config.py", "lab-env.sh", "keep-awake.sh"),
)
_TEXT = [{"id": lzma.FILTER_LZMA1, "preset": 9, "pb": 0}]  # pb: text is not aligned
_UNITS = ("mllab-watchdog.service", "mllab-watchdog.timer")

SCRIPT = _HERE / "on-start.sh"

FILES = (
    *(file for file in CORE if file.source.name in (*_SHARED, *_UNITS)),
    File(_HERE / "stop-notebook.sh", f"{LIB}/stop-notebook.sh", "0755"),
    File(_HERE / "mount-shared.sh", f"{LIB}/mount-shared.sh", "0755"),
    File(_HERE / "status.sh", "/usr/bin/mllab-status", "0755"),
    File(_HERE.parent / "imds.sh", f"{LIB}/imds.sh"),
    File(_HERE / "jupyter-env.sh", "/etc/profile.d/jupyter-env.sh"),
    File(_HERE / "heartbeat.sh", f"{LIB}/heartbeat", "0755"),
    File(_HERE / "limits.sh", f"{LIB}/limits", "0755"),
    File(_HERE / "mllab-shared.service", "/etc/systemd/system/mllab-shared.service"),
)
"""Everything that the script writes besides the settings. User, home and JupyterLab are there.

Its environment is set as AWS's own example does: aws-samples/
amazon-sagemaker-notebook-instance-lifecycle-config-samples, scripts/set-env-variable/on-start.sh
"""

KEYS = {
    "REGION": "`us-east-1`",
    "LAB_BUCKET": "address of the lab's bucket, `s3://...`",
    "IDLE_MINUTES": "whole number",
    "MAX_HOURS": "whole number",
    "MOUNT_SOURCE": "`fs-0abc...`; this and the other MOUNT_ are empty without shared files",
    "MOUNT_PATH": "`/shared`",
    "MOUNT_OPTIONS": "`tls,iam,accesspoint=fsap-0abc...`",
    "GPU": "number of GPUs, `0` without",
    "SIGNS": "name of the table for signs of life",
}
"""The settings of a machine, all of them required, and what they hold."""

OWN = {
    "JUPYTER_URL": "https://127.0.0.1:8443",
    # SageMaker bills a machine until it is asked to stop it.
    "STOP_COMMAND": f"{LIB}/stop-notebook.sh",
    "FORCE_COMMAND": f"{LIB}/stop-notebook.sh",
}
"""What differs from other machines, and the watchdog must know."""

LIMIT_CHARACTERS = 16384
"""SageMaker counts them after base64.
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstanceLifecycleConfig.html"""


def on_start(settings: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
    """The script for `NotebookInstanceLifecycleConfiguration(on_start=...)`.

    Args:
        settings: as `KEYS`; nothing secret, whoever may describe the configuration can read it.

    Raises:
        ValueError: when the values are known: see `render` and `pack`.
    """
    return pulumi.Output.all(**settings).apply(lambda values: pack(render(values)))


def render(settings: Mapping[str, str]) -> str:
    """The script as text: `SCRIPT`, and in its last line what it writes. Same input, same text.

    Raises:
        ValueError: a setting too many or too few, or a value that is not one line of plain text.
    """
    require(settings, KEYS)
    return f"{shipped(SCRIPT)}{_archive({**settings, **OWN})}\n"


def pack(text: str) -> str:
    """The script as SageMaker takes it: base64.

    Raises:
        ValueError: it is longer than SageMaker takes.
    """
    packed = base64.b64encode(text.encode()).decode()
    if len(packed) > LIMIT_CHARACTERS:
        raise ValueError(
            f"the script has {len(packed)} characters, SageMaker takes {LIMIT_CHARACTERS}"
        )
    return packed


def _archive(settings: Mapping[str, str]) -> str:
    """All files in one line: path, mode and text of each, in lzma (xz has 40 bytes more) and
    base 85, a tenth shorter than base64. A tar archive would be 400 bytes longer.
    """
    files = [(SETTINGS_PATH, "0644", settings_text(settings))]
    files += [(file.target, file.mode, shipped(file.source)) for file in FILES]
    parts = "\0".join(part for file in files for part in file)
    packed = lzma.compress(parts.encode(), lzma.FORMAT_ALONE, filters=_TEXT)
    return base64.b85encode(packed).decode()
