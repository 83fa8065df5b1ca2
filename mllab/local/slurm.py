"""Slurm for one user of this machine: where its programs are, and how they are told to work.

Nothing of it needs root, and none of it is reached from outside: its daemons listen on loopback
alone, and who has not the key in the lab's folder is refused.
"""

from __future__ import annotations

import math
import os
import platform
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from mllab.local.ports import free_port, is_free
from mllab.local.service import LOOPBACK, Lack, Place

VARIABLE: Final = "MLLAB_SLURM"
"""Names the folder into which Slurm's packages were unpacked."""
DAEMONS: Final = ("munged", "slurmctld", "slurmd", "slurmstepd")
COMMANDS: Final = ("sbatch", "squeue", "scancel", "sinfo")
SLOT, GPU = "slot", "gpu"
"""The licenses of which the cluster has as many as jobs may run, and as the machine has GPUs."""
_CPUS: Final = 1024
"""More than there are slots, and the same for ever."""
_FOLDERS: Final = ("usr/sbin", "usr/bin", "sbin", "bin")
_SYSTEM: Final = ("/usr/sbin", "/usr/local/sbin")
"""Where daemons are that a user's PATH does not name."""
_PACKAGES: Final = (
    *("slurmctld", "slurmd", "slurm-client", "slurm-wlm-basic-plugins"),
    *("munge", "libmunge2", "libhwloc15", "libnuma1"),
)
_CGROUPS: Final = Path("/sys/fs/cgroup")
_SOCKET_BYTES: Final = 107
"""Of unix(7): sun_path has 108, with the zero at its end."""
_OVERTIME: Final = 2
"""Minutes until Slurm ends a job that its own process should have ended."""


@dataclass(frozen=True)
class Slurm:
    """An installed Slurm.

    Args:
        programs: path of each. root: the folder that it was unpacked into; None: the system's.
    """

    programs: Mapping[str, str]
    root: Path | None = None

    def environment(self, place: Place) -> dict[str, str]:
        """What its programs need."""
        found = {"SLURM_CONF": str(place.run / "slurm.conf")}
        if self.root:
            folders = {path.parent for path in self.root.rglob("*.so*")}
            found["LD_LIBRARY_PATH"] = os.pathsep.join(sorted(map(str, folders)))
        return found


def find(root: str | None) -> Slurm | None:
    """The Slurm below a folder, or without one the system's; None where it is not whole."""
    if root:
        search = os.pathsep.join(str(Path(root).absolute() / name) for name in _FOLDERS)
    else:
        search = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SYSTEM))
    programs = {}
    for name in DAEMONS + COMMANDS:
        # Debian's have a suffix, and get their names when the packages are installed.
        path = shutil.which(name, path=search) or shutil.which(f"{name}-wlm", path=search)
        if not path:
            return None
        programs[name] = path
    return Slurm(programs, Path(root).absolute() if root else None)


def lacks(root: str | None) -> list[Lack]:
    """What this machine lacks to run it."""
    found = []
    if not find(root):
        where = f"the folder {root}, which {VARIABLE} names, holds no Slurm"
        found.append(Lack(where if root else "Slurm is not installed", _command()))
    if not _CGROUPS.is_dir() or not any(_CGROUPS.iterdir()):
        found.append(Lack(f"slurmd needs the cgroup file system, which is not at {_CGROUPS}"))
    return found


def configure(place: Place, settings: Mapping[str, Any], slurm: Slurm, ports: list[int]) -> None:
    """Write what its daemons read. Keys that are there are kept, so that credentials hold."""
    run = place.run
    for name in ("state", "spool"):
        (run / name).mkdir(0o700, exist_ok=True)
    key = run / "munge.key"
    if not key.exists():
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(1024))
    (run / "slurm.conf").write_text(_text(place, settings, slurm, ports), encoding="utf-8")


def sockets_fit(place: Place) -> bool:
    """Whether the paths of sockets, of which a job's is the longest, are not too long."""
    host = platform.node().split(".")[0]
    longest = place.run / "spool" / f"{host}_9999999.4294967295"
    return len(os.fsencode(longest)) <= _SOCKET_BYTES


def steps(place: Place) -> list[psutil.Process]:
    """Processes that watch over a job. They write their title over their environment, and outlive
    the daemons; each listens at a socket in the spool folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name().startswith("slurmstepd") and any(
                str(link.laddr).startswith(f"{place.run / 'spool'}/")
                for link in process.net_connections("unix")
            ):
                found.append(process)
    return found


def choose(before: list[int], seconds: float = 10.0) -> list[int]:
    """Ports of slurmctld and slurmd: those that they had, which what runs for a job goes on using.

    Args:
        seconds: to wait for daemons that are about to end. Somebody else's do not.
    """
    last = time.monotonic() + seconds
    while before and time.monotonic() < last:
        if all(map(is_free, before)):
            return before
        time.sleep(0.1)
    return [free_port(None), free_port(None)]


def _text(place: Place, settings: Mapping[str, Any], slurm: Slurm, ports: list[int]) -> str:
    host = platform.node().split(".")[0]
    me = str(os.getuid())
    run = place.run
    minutes = math.ceil(settings["hours"] * 60) + _OVERTIME
    told = {
        "ClusterName": "lab",
        "SlurmctldHost": f"{host}({LOOPBACK})",
        "SlurmUser": me,
        "SlurmdUser": me,
        "SlurmctldPort": ports[0],
        "SlurmdPort": ports[1],
        # Without it, they listen at every address of the machine.
        "CommunicationParameters": "NoInAddrAny,NoCtldInAddrAny",
        "AuthType": "auth/munge",
        "AuthInfo": f"socket={run / 'munge.sock'}",
        "CredType": "cred/munge",
        "StateSaveLocation": run / "state",
        "SlurmdSpoolDir": run / "spool",
        "SlurmctldPidFile": run / "slurmctld.pid",
        "SlurmdPidFile": run / "slurmd.pid",
        "SlurmctldLogFile": run / "slurmctld.log",
        "SlurmdLogFile": run / "slurmd.log",
        "JobCompType": "jobcomp/filetxt",
        "JobCompLoc": run / "jobcomp.log",
        "AccountingStorageType": "accounting_storage/none",
        "JobAcctGatherType": "jobacct_gather/none",
        "ProctrackType": "proctrack/linuxproc",
        "TaskPlugin": "task/none",
        "SwitchType": "switch/none",
        "MpiDefault": "none",
        "MailProg": "/bin/true",
        "SchedulerType": "sched/builtin",  # first come, first served
        "SchedulerParameters": "batch_sched_delay=0",  # it would wait 3 s for further jobs
        "SelectType": "select/cons_tres",
        "SelectTypeParameters": "CR_CPU",
        "SlurmdParameters": "config_overrides",  # what follows, and not what the machine has
        # Not as generic resources: slurmctld 22.05.8 of Debian 12 drops all that a node is said to
        # have of them (`scontrol show node`: Gres=(null)), and has the counts of licenses right.
        # Slots are licenses, too: jobs of a node whose CPUs change are aborted.
        "Licenses": f"{SLOT}:{settings['slots']},{GPU}:{settings['gpus']}",
        "ReturnToService": 2,
        "JobRequeue": 0,
    }
    if slurm.root:
        told["PluginDir"] = next(str(path.parent) for path in slurm.root.rglob("auth_munge.so"))
    lines = [f"{name}={value}" for name, value in told.items()]
    lines.append(f"NodeName={host} NodeAddr={LOOPBACK} CPUs={_CPUS}")
    lines.append(f"PartitionName=lab Nodes=ALL Default=YES MaxTime={minutes} DefaultTime={minutes}")
    return "".join(f"{line}\n" for line in lines)


def _command() -> str:
    if not shutil.which("apt-get"):
        return ""
    return (
        f"mkdir -p ~/slurm && cd ~/slurm && apt-get download {' '.join(_PACKAGES)} && "
        f'for deb in *.deb; do dpkg -x "$deb" .; done && export {VARIABLE}=~/slurm'
    )
