"""A machine around the setup scripts: a folder as its disk, stand-ins for what changes one."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.files.unpacked import SETTINGS, unpack

REAL = [
    *["awk", "bash", "cat", "chmod", "cmp", "cp", "date", "dirname", "env", "flock", "grep", "ln"],
    *["ls", "mkdir", "mktemp", "mv", "od", "readlink", "rm", "sed", "seq", "tail", "timeout"],
    *["touch", "tr"],
]
"""Nothing else of the system is in reach of the scripts."""

# What the stand-ins do, as pieces of shell. `$disk` is a file whose first line says what is on it.
DOES = {
    "getent": "[[ -e $STANDINS/user-$2 ]]",
    "useradd": 'touch "$STANDINS/user-${*: -1}"',
    "runuser": '[[ -e $STANDINS/user-lab ]] || exit 1; shift 3; exec "$@"',
    "blkid": """
        read -r kind uuid <"${@: -1}"
        case $kind in
          ext4 | xfs | LVM2_member)
            [[ $* == *UUID* ]] && echo "$uuid" || printf 'UUID=%s\\nTYPE=%s\\n' "$uuid" "$kind"
            ;;
          gpt) echo PTTYPE=gpt ;;
          two) exit 8 ;;
          *) exit 2 ;;
        esac""",
    "mkfs.ext4": 'echo "ext4 0000-1111" >"${@: -1}"',
    "mountpoint": 'grep -q "^$2 " "$STANDINS/mounts"',
    "findmnt": 'sed -n "s|^${*: -1} ||p" "$STANDINS/mounts"',
    # As mount(8): looks into fstab, fails for what is not there.
    "mount": """
        line=$(awk -v target="$1" '$2 == target' "$MLLAB_ROOT/etc/fstab")
        [[ -n $line ]] || exit 1
        case $line in
          UUID=*)
            uuid=${line%% *}
            grep -q " ${uuid#UUID=}$" "$STANDINS/disk" || exit 32
            echo "$1 $STANDINS/disk"
            ;;
          *) echo "$1 ${line%% *}" ;;
        esac >>"$STANDINS/mounts" """,
    "python3": """
        mkdir -p "${@: -1}/bin"
        cp "$STANDINS/bin/standin" "${@: -1}/bin/pip" """,
    "pip": '[[ $* != *jupyterlab* ]] || touch "${0%/*}/jupyter-lab"',
    "nvidia-smi": "echo 580.173.02",
    "dnf": '[[ $* != *efs* ]] || ln -sf standin "$STANDINS/bin/mount.efs"',
}
TOOLS = (*DOES, "chown", "resize2fs", "sleep", "systemctl")
UBUNTU, AMAZON = ("apt-get",), ("dnf", "python3.12")
FREE = {"blkid", "chown", "findmnt", "getent", "mountpoint", "resize2fs", "systemctl"}
"""Calls that change nothing, or nothing that is as it should be."""

HOME = "UUID=0000-1111 /home/lab ext4 defaults,nofail,x-systemd.device-timeout=60 0 2"
"""The line of the home disk in fstab."""


class Folder:
    """A folder as the root of a machine, with stand-ins for its tools.

    Args:
        tools: names of stand-ins. does: what some of them do. real: tools that are this machine's.
    """

    def __init__(
        self, folder: Path, tools: Iterable[str], does: Mapping[str, str], real: Iterable[str]
    ) -> None:
        self.root = folder / "root"
        self.standins = folder / "standins"
        self.bin = self.standins / "bin"
        self.bin.mkdir(parents=True)
        (self.standins / "does").mkdir()
        (self.standins / "mounts").touch()
        standin = self.bin / "standin"
        standin.write_bytes((Path(__file__).parent / "standin.sh").read_bytes())
        standin.chmod(0o755)
        for tool in tools:
            (self.bin / tool).symlink_to("standin")
        for tool, body in does.items():
            self.does(tool, body)
        for tool in real:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))

    def does(self, tool: str, body: str) -> None:
        """Say what the stand-in for a tool does."""
        (self.standins / "does" / tool).write_text(f"{body}\n")

    def run(self, script: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the machine, given by its path there."""
        (self.standins / "calls").write_text("")
        return subprocess.run(
            [self.root / script, *arguments],
            env={
                "PATH": str(self.bin),
                "MLLAB_ROOT": str(self.root),
                "STANDINS": str(self.standins),
            },
            capture_output=True,
            text=True,
            timeout=60,
        )

    @property
    def calls(self) -> list[str]:
        """Calls of stand-ins during the last run."""
        text = (self.standins / "calls").read_text()
        return text.replace(str(self.standins), "").replace(str(self.root), "").splitlines()


class Prepared(Folder):
    """A fresh machine with a blank home disk attached; Amazon Linux unless said otherwise."""

    def __init__(self, folder: Path, settings: Mapping[str, str], system: tuple[str, ...]) -> None:
        tools = {*TOOLS, *system} - ({"dnf"} - set(system))
        super().__init__(folder, tools, {**DOES, "python3.12": DOES["python3"]}, REAL)
        self.disk = self.standins / "disk"
        (self.root / "etc/skel").mkdir(parents=True)
        (self.root / "etc/skel/.bashrc").write_text("# bash\n")
        (self.root / "etc/fstab").write_text("UUID=root / ext4 defaults 0 1\n")
        unpack(self.root, settings)
        self.fill_disk(b"")
        self.attach()

    def fill_disk(self, contents: bytes) -> None:
        """The home disk: 2 MiB that begin with these bytes, else zeros."""
        self.disk.write_bytes(contents.ljust(2 << 20, b"\0"))

    def attach(self) -> None:
        link = self.root / "dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc123"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(self.disk)

    def detach(self) -> None:
        (self.root / "dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc123").unlink()

    def restart(self) -> None:
        """What a boot forgets: /run and mounts."""
        shutil.rmtree(self.root / "run", ignore_errors=True)
        (self.standins / "mounts").write_text("")

    def setup(self) -> subprocess.CompletedProcess[str]:
        """What a boot runs: setup.sh, and after it extras.sh."""
        done = self.run("usr/local/lib/mllab/setup.sh")
        if not done.returncode:
            before = (self.standins / "calls").read_text()
            done.stderr += self.extras().stderr
            calls = self.standins / "calls"
            calls.write_text(before + calls.read_text())
        return done

    def extras(self) -> subprocess.CompletedProcess[str]:
        return self.run("usr/local/lib/mllab/extras.sh")

    def packages(self) -> subprocess.CompletedProcess[str]:
        return self.run("usr/local/lib/mllab/packages.sh")

    def status(self) -> subprocess.CompletedProcess[str]:
        return self.run("usr/bin/mllab-status")

    def called(self, tool: str) -> list[str]:
        """Calls of one stand-in during the last run."""
        return [call for call in self.calls if call.split()[0] == tool]

    @property
    def changes(self) -> list[str]:
        """Calls during the last run that would have changed something."""
        return [call for call in self.calls if call.split()[0] not in FREE]

    @property
    def tree(self) -> dict[str, tuple[str, bytes]]:
        """Every file of the machine and of its home disk, with mode and contents."""
        found = {}
        for folder in (self.root, self.standins / "does", self.disk.parent / "bin"):
            for path in sorted(folder.rglob("*")):
                mode = stat.filemode(path.lstat().st_mode)
                held = bytes(path.readlink()) if path.is_symlink() else b""
                if path.is_file() and not path.is_symlink():
                    held = path.read_bytes()
                found[str(path)] = (mode, held)
        found["disk"] = ("", self.disk.read_bytes())
        return found

    @property
    def fstab(self) -> list[str]:
        return (self.root / "etc/fstab").read_text().splitlines()

    @property
    def problems(self) -> list[str]:
        """What the login message says."""
        message = self.root / "etc/motd.d/mllab"
        return message.read_text().splitlines() if message.exists() else []


def prepared(folder: Path, *system: str, **settings: str) -> Prepared:
    """A machine with some settings of its own."""
    return Prepared(folder, {**SETTINGS, **settings}, system or AMAZON)
