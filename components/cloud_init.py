"""What a machine is told at its first boot: files to write, units to switch on; as cloud-init."""

from __future__ import annotations

import ast
import base64
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SETTINGS_PATH = "/etc/mllab/lab.env"
"""Where the scripts on the machine find their settings."""

LIB = "/usr/local/lib/mllab"
"""Where the scripts lie on the machine."""

_HERE = Path(__file__).parent / "files"
# Not /usr/local/bin, where sudo on Amazon Linux does not look.
_BIN = "/usr/bin"
_UNITS = "/etc/systemd/system"


@dataclass(frozen=True)
class File:
    """One file of the machine.

    Args:
        source: the file here, copied byte for byte. target: absolute path on the machine.
        mode: octal digits.
    """

    source: Path
    target: str
    mode: str = "0644"


CORE = (
    File(_HERE / "watchdog.py", f"{LIB}/watchdog/__main__.py"),
    File(_HERE / "probes.py", f"{LIB}/watchdog/probes.py"),
    File(_HERE / "asking.py", f"{LIB}/watchdog/asking.py"),
    File(_HERE / "telling.py", f"{LIB}/watchdog/telling.py"),
    File(_HERE / "jupyter_server_config.py", "/etc/jupyter/jupyter_server_config.py"),
    File(_HERE / "lab-env.sh", f"{LIB}/lab-env.sh"),
    File(_HERE / "fstab.sh", f"{LIB}/fstab.sh"),
    File(_HERE / "setup.sh", f"{LIB}/setup.sh", "0755"),
    File(_HERE / "home.sh", f"{LIB}/home.sh", "0755"),
    File(_HERE / "extras.sh", f"{LIB}/extras.sh", "0755"),
    File(_HERE / "grow.sh", f"{LIB}/grow.sh", "0755"),
    File(_HERE / "packages.sh", f"{LIB}/packages.sh", "0755"),
    File(_HERE / "token.sh", f"{_BIN}/mllab-token", "0755"),
    File(_HERE / "keep-awake.sh", f"{_BIN}/mllab-keep-awake", "0755"),
    File(_HERE / "status.sh", f"{_BIN}/mllab-status", "0755"),
    # The first of all that installs anything waits for the others, too: cloud-init, upgrades.
    File(_HERE / "apt-wait.conf", "/etc/apt/apt.conf.d/90mllab"),
    File(_HERE / "mllab-setup.service", f"{_UNITS}/mllab-setup.service"),
    File(_HERE / "mllab-shared.service", f"{_UNITS}/mllab-shared.service"),
    File(_HERE / "mllab-packages.service", f"{_UNITS}/mllab-packages.service"),
    File(_HERE / "mllab-jupyter.service", f"{_UNITS}/mllab-jupyter.service"),
    File(_HERE / "mllab-watchdog.service", f"{_UNITS}/mllab-watchdog.service"),
    File(_HERE / "mllab-watchdog.timer", f"{_UNITS}/mllab-watchdog.timer"),
)
"""What every notebook machine gets. Each cloud adds the three scripts that `setup.sh` names."""

# --no-block: these run inside cloud-init's own unit, and a download must not hold up the boot.
_ENABLE = ["systemctl", "enable", "--now", "--no-block"]
COMMANDS = (
    ["systemctl", "daemon-reload"],
    # The watchdog first: whatever goes wrong later, the machine will stop.
    [*_ENABLE, "mllab-watchdog.timer"],
    [
        *[*_ENABLE, "mllab-setup.service", "mllab-shared.service"],
        *["mllab-packages.service", "mllab-jupyter.service"],
    ],
)
"""They only switch units on: cloud-init runs commands once, units run at every boot."""


def settings_text(settings: Mapping[str, str]) -> str:
    """The settings file of a machine: `KEY=value` lines, the value verbatim up to the line's end.

    There is no quoting, so no value can break out of it; `lab-env.sh` and `probes.py` evaluate
    nothing when they read it.

    Raises:
        ValueError: a key that is no `[A-Z][A-Z0-9_]*`, a value with a control character, or one
            without a UTF-8 form.
    """
    for key, value in settings.items():
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*", key):
            raise ValueError(f"machine setting {key!r}: a key is A-Z, then A-Z, 0-9 or _")
        if re.search(r"[\x00-\x1f\x7f]", value):
            raise ValueError(f"machine setting {key}: {value!r} must be one line of plain text")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"machine setting {key}: {value!r} has no UTF-8 form") from None
    return "".join(f"{key}={value}\n" for key, value in sorted(settings.items()))


def require(settings: Mapping[str, str], keys: Mapping[str, str]) -> None:
    """Raise ValueError where settings are not just those that a machine takes.

    Args:
        keys: what it takes, and what each holds.
    """
    if wrong := settings.keys() ^ keys.keys():
        raise ValueError(f"machine settings: missing or unknown: {', '.join(sorted(wrong))}")


def cloud_config(
    settings: Mapping[str, str], files: Iterable[File], more: Mapping[str, Any] | None = None
) -> str:
    """The cloud-init document that writes settings and files and switches the units on.

    JSON is YAML: what `json` quotes, cloud-init reads, and no YAML writer is needed. Settings are
    base64, since they may hold any letter; the scripts are ASCII. The same input gives the same
    text.

    Args:
        more: modules of cloud-init besides; it writes files first, and runs commands last.

    Raises:
        ValueError: see `settings_text`.
    """
    text = base64.b64encode(settings_text(settings).encode()).decode()
    written = [_entry(SETTINGS_PATH, "0644", encoding="b64", content=text)]
    written += [_entry(file.target, file.mode, content=shipped(file.source)) for file in files]
    document = {"write_files": written, **(more or {}), "runcmd": COMMANDS}
    return f"#cloud-config\n{json.dumps(document, indent=1)}\n"


@cache
def shipped(source: Path) -> str:
    """The text of a file as machines get it: without comments on lines of their own, in Python
    without docstrings and types of arguments, and indented by one blank.

    Clouds take little, EC2 and SageMaker 16 KB in all, so what explains stays here.
    """
    text = source.read_bytes().decode("ascii")
    lines = text.splitlines()
    # Backwards, so that what stands before keeps its place.
    for row, start, end in sorted(_explains(text) if source.suffix == ".py" else (), reverse=True):
        lines[row] = lines[row][:start] + lines[row][end:]
    kept = [line.rstrip() for line in lines if not re.match(r"\s*(#(?!!)|$)", line)]
    if source.suffix == ".py":
        kept = [re.sub("^ +", lambda blanks: blanks[0][::4], line) for line in kept]
    return "".join(f"{line}\n" for line in kept)


def _explains(program: str) -> Iterator[tuple[int, int, int]]:
    """Line, start and end of what Python itself does not need."""
    for token in tokenize.generate_tokens(io.StringIO(program).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0] - 1, token.start[1], token.end[1]
    lines = program.splitlines()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.arg) and node.annotation:
            start = node.col_offset + len(node.arg)
            yield node.lineno - 1, start, node.annotation.end_col_offset or start
        if isinstance(node, ast.FunctionDef) and node.returns:
            row, end = node.returns.lineno - 1, node.returns.end_col_offset
            yield row, lines[row].rindex(" ->", 0, node.returns.col_offset), end or 0
        body = getattr(node, "body", None)
        for one in body if isinstance(body, list) and len(body) > 1 else []:
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
                for row in range(one.lineno - 1, one.end_lineno or one.lineno):
                    yield row, 0, len(lines[row])


def _entry(path: str, mode: str, **content: str) -> dict[str, str]:
    return {"path": path, "owner": "root:root", "permissions": mode, **content}
