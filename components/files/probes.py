"""What the watchdog asks the machine: one probe for each kind of evidence, the same on every cloud.

A probe compares what it sees with what it saw at the last look, never a time stamp with a clock.
The first paragraph of its docstring is its row in the table of what counts as use.
"""

from __future__ import annotations

import json
import math
import os
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .asking import CannotTell, Finding, Settings, found, read_settings, run

_EDITOR = re.compile(
    r"/\.?[\w-]*(?:vscode|code|cursor|windsurf|positron)-server[\w-]*/"
    r"|/\.vscode[\w-]*/cli/servers/|/JetBrains/RemoteDev/|/\.zed_server/"
)


@dataclass(frozen=True)
class Look:
    """One look. Times are seconds since the boot.

    Args:
        before: what the probe left at `last`, None without a look before.
    """

    settings: Settings
    uptime: float
    before: Any = None
    last: float = 0

    def limit(self, key: str) -> float:
        return float(self.settings[key])

    def growth(self, counters: Mapping[str, float]) -> float:
        """How much the fastest counter grew, per second; all of them are 0 at the boot."""
        old = self.before or {}
        seconds = max(1, self.uptime - (self.last if old else 0))
        return max((now - old.get(name, 0) for name, now in counters.items()), default=0) / seconds

    def processes(self) -> Iterator[Path]:
        """Folders of all processes.

        Raises:
            CannotTell: there is none.
        """
        folders = [p for p in Path(self.settings["PROC"]).iterdir() if p.name.isdigit()]
        if not folders:
            raise CannotTell(f"no process in {self.settings['PROC']}")
        return iter(folders)


def gpu(look: Look) -> Finding:
    """The busiest GPU works at GPU_LIMIT_PERCENT or more. Where nvidia-smi gives no number: a
    program has a GPU open.

    Only CUDA opens `nvidia-uvm`; what watches the driver does not.
    """
    if look.settings["GPU"] in ("", "0"):
        return found(False, "none")
    query = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    code, answer = 0, ""
    try:
        code, answer = run([look.settings["NVIDIA_SMI"], *query], look.limit("PROBE_SECONDS") / 2)
        used = [float(line) for line in answer.splitlines()]
    except (CannotTell, ValueError):
        used = []
    if not code and used and all(0 <= percent <= 100 for percent in used):
        return found(max(used) >= look.limit("GPU_LIMIT_PERCENT"), f"{max(used):g} %")
    if code == 9:  # nvidia-smi(1): the driver is not loaded, so no program can use the GPU
        return found(False, "no driver")
    holders = [name for folder in look.processes() if (name := _holder(folder))]
    return found(holders, f"open in {', '.join(sorted(set(holders))[:3]) or 'no program'}")


def _holder(folder: Path) -> str:
    """The name of a process that can compute on a GPU, else nothing."""
    try:
        name = (folder / "comm").read_text(errors="replace").strip()
        held = {str(file.readlink()) for file in (folder / "fd").iterdir()}
    except OSError:
        return ""  # ended meanwhile
    return name if "/dev/nvidia-uvm" in held and name != "nvidia-persiste" else ""


def cpu(look: Look) -> Finding:
    """All processors together were busy for CPU_LIMIT_CORES or more since the last look (1 core =
    one processor all the time).
    """
    fields = _proc(look, "stat").splitlines()[0].split()
    user, nice, system, _idle, _wait, irq, soft = (int(field) for field in fields[1:8])
    seconds = (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")
    return _rate(look, {fields[0]: seconds}, "CPU_LIMIT_CORES", 1, "{:.2f} cores")


def network(look: Look) -> Finding:
    """The busiest network interface carried NETWORK_LIMIT_KB_PER_SECOND or more since the last
    look, both directions together.
    """
    counters = {}
    for line in _proc(look, "net/dev").splitlines()[2:]:
        name, _, numbers = line.partition(":")
        fields = numbers.split()
        if name.strip() != "lo":
            counters[name.strip()] = float(fields[0]) + float(fields[8])
    return _rate(look, counters, "NETWORK_LIMIT_KB_PER_SECOND", 1000, "{:.0f} KB/s")


def disk(look: Look) -> Finding:
    """The busiest disk read and wrote DISK_LIMIT_KB_PER_SECOND or more since the last look."""
    lines = [line.split() for line in _proc(look, "diskstats").splitlines()]
    # Disks in memory, and files that pose as disks, are none.
    counters = {
        fields[2]: 512 * (float(fields[5]) + float(fields[9]))
        for fields in lines
        if not re.match(r"loop|z?ram", fields[2])
    }
    return _rate(look, counters, "DISK_LIMIT_KB_PER_SECOND", 1000, "{:.0f} KB/s")


def _proc(look: Look, name: str) -> str:
    text = (Path(look.settings["PROC"]) / name).read_text(errors="replace")
    if not text.strip():
        raise CannotTell(f"{name} is empty")
    return text


def _rate(
    look: Look, counters: Mapping[str, float], limit: str, unit: float, words: str
) -> Finding:
    rate = look.growth(counters) / unit
    return found(rate >= look.limit(limit), words.format(rate), counters)


def kernels(look: Look) -> Finding:
    """A kernel of JupyterLab ran something since the last look, or a cell is running: for
    KERNEL_SILENT_HOURS without output, since a cell that waits for input looks the same.
    """
    old, left, running, used = look.before or {}, {}, 0, 0
    entries = _jupyter_list(look.settings)
    for entry in entries:
        try:
            name, now = str(entry["id"]), str(entry["last_activity"])
            busy = entry["execution_state"] == "busy"
        except (KeyError, TypeError):
            raise CannotTell(f"/api/kernels said {str(entry)[:60]!r}") from None
        before, since = old.get(name, (None, 0))
        used += before != now
        left[name] = (now, since if before == now else look.uptime)
        silent = look.uptime - left[name][1]
        running += busy and silent < look.limit("KERNEL_SILENT_HOURS") * 3600
    words = f"{running} running" if running else f"{used} used" if used else f"{len(entries)} idle"
    return found(running or used, words, left)


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
        with opener.open(request) as response:
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


def jupyterlab(look: Look) -> Finding:
    """Somebody saved in JupyterLab, which saves by itself two minutes after an edit. A page that is
    merely open does not count.
    """
    try:
        saved = os.lstat(look.settings["SAVED"]).st_mtime_ns  # jupyter_server_config.py
    except FileNotFoundError:
        saved = 0
    return found(saved and saved != look.before, "saved" if saved else "nothing saved", saved)


def editors(look: Look) -> Finding:
    """An editor's server (VS Code and its kin, code-server, JetBrains, Zed) talked to its window at
    EDITOR_LIMIT_BYTES_PER_SECOND or more since the last look.
    """
    talked = {}
    for folder in look.processes():
        try:
            # Not the command line: to read it can hang for ever.
            if _EDITOR.search(str((folder / "exe").readlink())):
                # Bytes that it read and wrote, by whatever way.
                counts = re.findall(r"^[rw]char: (\d+)$", (folder / "io").read_text(), re.M)
                talked[folder.name] = float(counts[0]) + float(counts[1])
        except OSError:
            continue  # ended meanwhile, or a thread of the kernel
    if not talked:
        return found(False, "none", talked)
    return _rate(look, talked, "EDITOR_LIMIT_BYTES_PER_SECOND", 1, "{:.0f} bytes/s")


def terminals(look: Look) -> Finding:
    """Somebody typed in a terminal since the last look, or opened one: ssh, Session Manager,
    JupyterLab, an editor, tmux. What a program prints there does not count, nor does a session that
    is merely there.

    A terminal's time of access is that of the last input which a program read there.
    """
    old, times = look.before or {}, {}
    folder = Path(look.settings["TERMINALS"])
    if not folder.is_dir():
        raise CannotTell(f"{folder} is no folder")
    for terminal in folder.glob("[0-9]*"):
        try:
            times[terminal.name] = terminal.stat().st_atime_ns
        except OSError:
            continue  # closed meanwhile
    used = [name for name, now in times.items() if old.get(name) != now]
    return found(used, f"{len(used)} of {len(times)} typed in", times)


def set_up(look: Look) -> Finding:
    """The machine is still being set up, in the first SETUP_LIMIT_HOURS after a start."""
    units = ["mllab-setup", "mllab-packages", "mllab-shared"]
    command = [look.settings["SYSTEMCTL"], "show", "--property=Id,SubState", *units]
    code, answer = run(command, look.limit("PROBE_SECONDS") / 2)
    if code:
        raise CannotTell(f"systemctl ended with {code}")
    at_work = re.findall(r"^Id=([\w.-]+)\nSubState=start", answer, re.MULTILINE)
    late = look.uptime >= look.limit("SETUP_LIMIT_HOURS") * 3600
    return found(at_work and not late, ", ".join(at_work) or "done")


def keep_awake(look: Look) -> Finding:
    """Somebody said `mllab-keep-awake 3h`, and the time is not over."""
    path = Path(look.settings["KEEP_AWAKE"])
    if not path.exists():
        return found(False, "no")
    # Students write here. A named pipe would wait for ever; what a link leads to is not shown.
    if not path.is_file():
        raise CannotTell(f"{path} is no file")
    with path.open(errors="replace") as file:
        text = file.read(40)
    try:
        until = float(text)
    except ValueError:
        raise CannotTell(f"{path} holds no number") from None
    if not math.isfinite(until):
        raise CannotTell(f"{path} holds no number")
    left = until - look.uptime
    return found(left > 0, f"for {left / 60:.0f} more min" if left > 0 else "over", until)


EVIDENCE: Mapping[str, Callable[[Look], Finding]] = {
    "GPU": gpu,
    "CPU": cpu,
    "network": network,
    "disk": disk,
    "kernels": kernels,
    "JupyterLab": jupyterlab,
    "editors": editors,
    "terminals": terminals,
}
"""Where one of them cannot tell, the others decide."""

ORDERS: Mapping[str, Callable[[Look], Finding]] = {"set-up": set_up, "keep-awake": keep_awake}
"""What keeps a machine whether somebody uses it or not."""
