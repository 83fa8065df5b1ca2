"""The registry of a lab: Debian's docker-registry over a folder, with a password of the lab's."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from mllab.local import records
from mllab.local.service import LOOPBACK, Lack, Launch, Place, Service, Settings

PROGRAM: Final = "docker-registry"
UNPACKED: Final = "MLLAB_REGISTRY"
"""Names a folder into which somebody who may not install it has unpacked Debian's package."""

USER: Final = "lab"


class Registry:
    """Settings: `root`, the folder that holds the images.

    Its own folder holds `password`, for `docker login --username lab --password-stdin`.
    """

    kind: ClassVar[str] = "registry"
    listens: ClassVar[bool] = True

    def lacks(self, settings: Settings) -> Sequence[Lack]:
        """The program, which only the system can bring, or what makes its password file."""
        found = [] if _program() else [Lack(PROGRAM, f"sudo apt install {PROGRAM}")]
        return [*found, *([] if _bcrypt("") else [Lack("libcrypt", "sudo apt install libcrypt1")])]

    def prepare(self, place: Place, port: int, settings: Settings) -> Launch:
        """Make the folder and the password, and say how it is launched."""
        run, root = records.make_folder(place), Path(settings["root"])
        root.mkdir(mode=0o700, exist_ok=True)
        if not (run / "password").exists():
            records.write_text(run / "password", secrets.token_urlsafe(32))
        password = (run / "password").read_text(encoding="utf-8")
        records.write_text(run / "htpasswd", f"{USER}:{_bcrypt(password)}\n")
        config = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(root)},
                "delete": {"enabled": True},
            },
            "http": {"addr": f"{LOOPBACK}:{port}", "secret": secrets.token_hex(32)},
            "auth": {"htpasswd": {"realm": "mllab", "path": str(run / "htpasswd")}},
        }
        records.write(run / "config.yml", config)  # JSON is YAML
        return Launch(
            argv=(_program(), "serve", str(run / "config.yml")),
            cwd=run,
            env={"HOME": str(run)},
            ready="/",  # answers everybody, with nothing
            files=("password", "htpasswd", "config.yml"),
        )

    def retire(self, place: Place) -> None:
        """Nothing of it outlives its process."""

    def address(self, place: Place, port: int) -> str:
        """Nothing that a browser could show."""
        return ""


def _program() -> str:
    folder = os.environ.get(UNPACKED)
    there = f"{folder}/usr/bin{os.pathsep}" if folder else ""
    return shutil.which(PROGRAM, path=there + os.environ.get("PATH", os.defpath)) or ""


def _bcrypt(password: str) -> str:
    """As docker-registry wants it in its password file; empty where the system cannot make it.

    Python's own `crypt` is gone since 3.13; the library that it called is a part of every Debian.
    """
    try:
        library = ctypes.CDLL("libcrypt.so.1")
    except OSError:
        return ""
    library.crypt.restype = ctypes.c_char_p
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    # 22 letters of salt; the password is as random as a key, so one cheap round is enough.
    salt = "".join(secrets.choice(letters) for _ in range(21)) + "e"
    made = library.crypt(password.encode(), f"$2b$04${salt}".encode())
    return made.decode() if made and made.startswith(b"$2b$") else ""


SERVICE: Final[Service] = Registry()
