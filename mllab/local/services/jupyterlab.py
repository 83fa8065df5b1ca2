"""A JupyterLab of one seat: its own home folder, its own token, the Python that runs this."""

from __future__ import annotations

import importlib.util
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

import components
from mllab.local import records
from mllab.local.service import LOOPBACK, Lack, Launch, Place, Service, Settings

SAVED: Final = "saved"
"""In the server's own folder: touched at every save, which tells the watchdog that somebody edits.
"""

_CONFIG: Final = Path(components.__file__).parent / "files/jupyter_server_config.py"
_SAVED_ON_MACHINES: Final = "/run/mllab-awake/saved"


_ALSO: Final = """
# Other users of this machine can listen to what a kernel says over TCP.
import zmq
c.KernelManager.transport_encryption = "auto" if zmq.has("curve") else "disabled"
# Nothing outside is asked for news or newer versions.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
"""


class JupyterLab:
    """Settings: `home`, the folder it shows; `environment`, variables for notebooks; `gpus`, the
    numbers of those it may use, as CUDA counts them: `0`, or empty.
    """

    kind: ClassVar[str] = "jupyterlab"
    listens: ClassVar[bool] = True

    def lacks(self, settings: Settings) -> Sequence[Lack]:
        """JupyterLab itself, where it is not installed."""
        if importlib.util.find_spec("jupyterlab") and importlib.util.find_spec("ipykernel"):
            return []
        return [Lack("JupyterLab", "pip install 'mllab[local]'")]

    def prepare(self, place: Place, port: int, settings: Settings) -> Launch:
        """Make its home and its token, and say how it is launched."""
        run, home = records.make_folder(place), Path(settings["home"])
        for folder in (home.parent, home):
            folder.mkdir(mode=0o700, exist_ok=True)
        token = _token(place) or secrets.token_urlsafe(32)
        records.write_text(run / "jupyter.env", f"JUPYTER_TOKEN={token}\n")
        config = _CONFIG.read_text(encoding="utf-8")
        told = config.replace(f'"{_SAVED_ON_MACHINES}"', repr(str(run / SAVED)))
        # By default terminals are login shells, and /etc/profile would take PATH away.
        shell = os.environ.get("SHELL") or "/bin/sh"
        told += f'\nc.ServerApp.terminado_settings = {{"shell_command": [{shell!r}]}}\n'
        records.write_text(run / _CONFIG.name, told + _ALSO)
        as_root = ["--allow-root"] if os.getuid() == 0 else []
        return Launch(
            # -P: a student's `json.py` in the home folder must not be taken for Python's own.
            argv=(
                *(sys.executable, "-P", "-m", "jupyterlab", "--no-browser", *as_root),
                *(f"--ServerApp.ip={LOOPBACK}", f"--ServerApp.port={port}"),
                "--ServerApp.port_retries=0",  # else it moves to another one, and tells nobody
                f"--ServerApp.root_dir={home}",
            ),
            cwd=home,
            env={
                **settings.get("environment", {}),
                # Nothing is written into the user's own home, and what programs write by themselves
                # not into the seat's: what is there is somebody's work, and must be named to go.
                "HOME": str(home),
                "JUPYTER_CONFIG_DIR": str(run / "config"),
                "JUPYTER_DATA_DIR": str(run / "data"),
                "IPYTHONDIR": str(run / "ipython"),
                "XDG_CACHE_HOME": str(run / "cache"),
                "npm_config_cache": str(run / "cache" / "npm"),
                "PATH": os.pathsep.join(
                    # bin: what the lab's keeper puts there for people.
                    [str(run / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
                ),
                "JUPYTER_TOKEN": token,
                "JUPYTER_CONFIG_PATH": str(run),
                "JUPYTER_RUNTIME_DIR": str(run / "runtime"),  # holds the token, too
                "CUDA_VISIBLE_DEVICES": settings.get("gpus", ""),
            },
            ready="/api",  # answers everybody, with the version
            files=("jupyter.env", _CONFIG.name),
            grace=10.0,  # it ends its kernels first
        )

    def retire(self, place: Place) -> None:
        """Nothing of it outlives its process."""

    def address(self, place: Place, port: int) -> str:
        """With the token, which opens everything in it."""
        return f"http://{LOOPBACK}:{port}/lab?token={_token(place)}"


def _token(place: Place) -> str:
    try:
        text = (place.run / "jupyter.env").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    return next((line[14:] for line in text.splitlines() if line.startswith("JUPYTER_TOKEN=")), "")


SERVICE: Final[Service] = JupyterLab()
