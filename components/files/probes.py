"""What the watchdog asks the machine. Each probe says why it counts as used, or nothing at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Settings = Mapping[str, str]


class CannotTell(Exception):
    """A probe got no answer that it understands."""


def read_settings(path: Path) -> dict[str, str]:
    """KEY=value lines, the value verbatim, the first of each key; empty without a file."""
    try:
        text = path.read_bytes().decode(errors="surrogateescape")
    except OSError:
        return {}
    pairs = [line.partition("=") for line in text.split("\n")]
    return {key: value for key, equals, value in reversed(pairs) if equals}


def look(
    settings: Settings, uptime: float, before: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """All reasons why the machine counts as used, and fingerprints for the next look.

    Args:
        uptime: seconds since the boot. before: the fingerprints of the last look.
    """
    traces = dict(before)

    def ask(name: str, probe: Callable[[Settings, str], tuple[str, str]]) -> str:
        said, traces[name] = probe(settings, before.get(name, ""))
        return said

    probes: dict[str, Callable[[], str]] = {
        "GPU": lambda: gpu(settings),
        "kernels": lambda: ask("kernels", kernels),
        "terminals": lambda: ask("terminals", terminals),
        "sessions": lambda: sessions(settings),
        "load": lambda: load(settings),
        "keep-awake": lambda: keep_awake(settings, uptime),
    }
    busy = []
    for name, probe in probes.items():
        try:
            said = probe()
        except Exception as fault:  # whatever it meets, the other probes must go on
            said = f"cannot tell ({fault or type(fault).__name__})"
        if said:
            busy.append(f"{name} {said}")
    return busy, traces


def gpu(settings: Settings) -> str:
    """The busiest GPU, at this moment."""
    if settings["GPU"] in ("", "0"):
        return ""
    query = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    code, answer = run([settings["NVIDIA_SMI"], *query], float(settings["PROBE_SECONDS"]))
    if code == 9:  # nvidia-smi(1): the driver is not loaded, so no program can use the GPU
        return ""
    if code:
        raise CannotTell(f"nvidia-smi ended with {code}")
    try:
        used = [float(line) for line in answer.splitlines()]
    except ValueError:
        raise CannotTell(f"nvidia-smi said {answer[:60]!r}") from None
    if not used or not all(0 <= percent <= 100 for percent in used):
        raise CannotTell(f"nvidia-smi said {answer[:60]!r}")
    return f"{max(used):g} %" if max(used) >= float(settings["GPU_LIMIT_PERCENT"]) else ""


def sessions(settings: Settings) -> str:
    """Who is logged in: utmp (`who`), ssh without a terminal, SSM sessions."""
    code, answer = run([settings["WHO"]], float(settings["PROBE_SECONDS"]))
    if code:
        raise CannotTell(f"who ended with {code}")
    found = {line.split()[0] for line in answer.splitlines() if line.strip()}
    processes = [entry for entry in Path(settings["PROC"]).iterdir() if entry.name.isdigit()]
    if not processes:
        raise CannotTell(f"no process in {settings['PROC']}")
    for process in processes:
        try:
            name = (process / "comm").read_text(errors="replace").strip()
            title = (process / "cmdline").read_text(errors="replace")
        except OSError:
            continue  # ended meanwhile
        ssh = re.match(r"sshd(?:-session)?: ([\w.-]+)@", title)
        if name == "ssm-session-wor":  # the kernel keeps 15 characters of ssm-session-worker
            found.add("SSM")
        elif ssh:
            found.add(ssh[1])
    return ", ".join(sorted(found))


def load(settings: Settings) -> str:
    """The load average over five minutes."""
    text = (Path(settings["PROC"]) / "loadavg").read_text(errors="replace")
    try:
        average = float(text.split()[1])
    except (ValueError, IndexError):
        raise CannotTell(f"loadavg said {text[:60]!r}") from None
    if not 0 <= average < math.inf:
        raise CannotTell(f"loadavg said {text[:60]!r}")
    return f"{average:g}" if average >= float(settings["LOAD_LIMIT"]) else ""


def keep_awake(settings: Settings, uptime: float) -> str:
    """How long a `mllab-keep-awake` still holds."""
    path = Path(settings["KEEP_AWAKE"])
    if not path.exists():
        return ""
    # Students write here. A named pipe would wait for ever; what a link leads to is not shown.
    if not path.is_file():
        raise CannotTell(f"{path} is no file")
    with path.open(errors="replace") as file:
        text = file.read(40)
    try:
        left = float(text) - uptime
    except ValueError:
        raise CannotTell(f"{path} holds no number") from None
    if math.isnan(left):
        raise CannotTell(f"{path} holds no number")
    return f"for {left / 60:.0f} more min" if left > 0 else ""


def terminals(settings: Settings, before: str) -> tuple[str, str]:
    """Whether somebody typed since the last look, and a fingerprint of it for the next one.

    A terminal's time of access is that of the last input which a program read there. Its output
    does not change it: neither what a forgotten program prints, nor the warning of this watchdog,
    which JupyterLab takes for activity. The same holds for ssh, Session Manager and JupyterLab.
    """
    found = []
    for terminal in Path(settings["TERMINALS"]).glob("[0-9]*"):
        try:
            found.append((terminal.name, terminal.stat().st_atime_ns))
        except OSError:
            continue  # closed meanwhile
    old = set(map(tuple, json.loads(before or "[]")))
    return "in use" if set(found) - old else "", json.dumps(sorted(found))


def kernels(settings: Settings, before: str) -> tuple[str, str]:
    """What Jupyter's kernels do, and a fingerprint of their activity for the next look.

    Idle is what did not change between two looks; no time stamp is compared with a clock.
    """
    running = 0
    trace = []
    for entry in _jupyter_list(settings):
        try:
            trace.append((str(entry["id"]), str(entry["last_activity"])))
            running += entry["execution_state"] == "busy"
        except (KeyError, TypeError):
            raise CannotTell(f"/api/kernels said {str(entry)[:60]!r}") from None
    now = hashlib.sha256(repr(sorted(trace)).encode()).hexdigest()
    if running:
        return f"{running} running", now
    return ("" if now == before else "used since the last look"), now


def _jupyter_list(settings: Settings) -> list[Any]:
    # no_track_activity: our own look must not count as activity.
    request = urllib.request.Request(f"{settings['JUPYTER_URL']}/api/kernels?no_track_activity=1")
    token = read_settings(Path(settings["JUPYTER_ENV"])).get("JUPYTER_TOKEN", "")
    request.add_header("Authorization", f"token {token}")
    # Where the cloud runs Jupyter it has a certificate that nobody signed; it is our own machine.
    itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    itself.check_hostname, itself.verify_mode = False, ssl.CERT_NONE
    secure = urllib.request.HTTPSHandler(context=itself)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), secure)
    try:
        with opener.open(request, timeout=float(settings["PROBE_SECONDS"])) as response:
            answer = json.loads(response.read(1_000_000))
    except urllib.error.HTTPError as fault:
        raise CannotTell(f"/api/kernels said {fault.code}") from None
    except urllib.error.URLError as fault:
        if isinstance(fault.reason, ConnectionRefusedError):  # no server, hence no kernel
            return []
        raise CannotTell(f"/api/kernels: {fault.reason}") from None
    if not isinstance(answer, list):
        raise CannotTell(f"/api/kernels said {str(answer)[:60]!r}")
    return answer


def run(command: list[str], seconds: float) -> tuple[int, str]:
    """Exit status and output of a tool.

    Raises:
        CannotTell: it is missing, or has not ended after so many seconds.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as fault:
        raise CannotTell(f"{command[0]}: {fault.strerror}") from None
    try:
        answer, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Its children too. Nobody waits: a process that hangs in the driver cannot be killed.
        os.killpg(process.pid, signal.SIGKILL)
        raise CannotTell(f"{command[0]} hangs") from None
    return process.returncode, answer.decode(errors="replace")
