"""Each line that a cloud's scripts write into fstab, tried with the real mount(8) and helper.

A helper that is not installed skips its test; so does a user who may not mount. Where the kernel
has no NFS or SMB, its answer is `No such device`: then the helper has handed everything on.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.azure.shared_files import OPTIONS as SMB_OPTIONS
from components.gcp.shared_files import OPTIONS as NFS_OPTIONS
from components.gcp.storage import BUCKET_OPTIONS
from tests.components.azure.azure_machine import Machine as AzureMachine
from tests.components.gcp.gcp_machine import Machine as GoogleMachine
from tests.files import mounting
from tests.files.prepared import AMAZON, Prepared, prepared

TO_STANDIN = (
    f",custom_endpoint=http://127.0.0.1:{mounting.BUCKETS}/storage/v1/,anonymous_access"
    ",enable_hns=false"
)
"""Options that lead gcsfuse to the bucket that stands here."""
ONCE = ",retry=0"
EFS_OPTIONS = "tls,iam,accesspoint=fsap-0123456789abcdef0"
TO_LOOPBACK = ",mounttargetip=127.0.0.1"
KERNEL = r"No such device|Connection refused|timed out|Connection reset|Host is down"
"""What the kernel says of a server that is not there, or of a file system it does not have."""


def needs(helper: str) -> pytest.MarkDecorator:
    there = shutil.which(helper) and shutil.which("unshare") and os.geteuid() == 0
    return pytest.mark.skipif(not there, reason=f"needs {helper}, and root to mount with it")


def tried(box: Prepared, target: Path, **environment: str) -> dict[str, Any]:
    """What comes of the line of a target."""
    target.mkdir()
    done = subprocess.run(
        ["unshare", "--mount", "--net", sys.executable, mounting.__file__]
        + [str(box.root), str(target)],
        env={"PATH": os.environ["PATH"], "HOME": str(box.root), **environment},
        capture_output=True,
        text=True,
        timeout=2 * mounting.LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@needs("mount.gcsfuse")
def test_bucket_of_google_cloud_mounts(tmp_path: Path) -> None:
    target = tmp_path / "bucket"
    box = GoogleMachine(
        tmp_path / "machine", BUCKET_PATH=str(target), BUCKET_OPTIONS=BUCKET_OPTIONS + TO_STANDIN
    )
    assert box.setup().returncode == 0
    found = tried(box, target)
    assert found["code"] == 0, found["words"]
    assert found["mounted"] == ["course-data-1a2b fuse.gcsfuse"]


@needs("mount.nfs")
def test_shared_files_of_google_cloud_reach_the_kernel(tmp_path: Path) -> None:
    target = tmp_path / "shared"
    box = GoogleMachine(
        tmp_path / "machine",
        MOUNT_SOURCE="127.0.0.1:/share",
        MOUNT_PATH=str(target),
        MOUNT_OPTIONS=NFS_OPTIONS + ONCE,
    )
    assert box.setup().returncode == 0
    found = tried(box, target)
    assert re.search(f"mount.nfs: .*({KERNEL})", found["words"]), found["words"]


@needs("mount.efs")
def test_shared_files_of_aws_reach_the_kernel(tmp_path: Path) -> None:
    target = tmp_path / "shared"
    box = prepared(
        tmp_path / "machine",
        *AMAZON,
        MOUNT_SOURCE="fs-0abc1234",
        MOUNT_PATH=str(target),
        MOUNT_OPTIONS=EFS_OPTIONS + TO_LOOPBACK + ONCE,
    )
    assert box.setup().returncode == 0
    found = tried(box, target)
    assert re.search(f"mount.nfs4: .*({KERNEL})", found["words"]), found["words"]


@needs("mount.cifs")
def test_shared_files_of_azure_reach_the_kernel(tmp_path: Path) -> None:
    target = tmp_path / "shared"
    box = AzureMachine(
        tmp_path / "machine",
        MOUNT_SOURCE="//127.0.0.1/shared",
        MOUNT_PATH=str(target),
        MOUNT_OPTIONS=SMB_OPTIONS,
    )
    assert box.setup().returncode == 0
    found = tried(box, target)
    assert re.search(f"mount error.*({KERNEL})", found["words"]), found["words"]
