"""LAB_BUCKET where the vendor installs the machine: the declared script, run in a folder.

That the vendors run it as root, Azure ML once and Google at every boot, is not shown here.
"""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from IPython.core.application import SYSTEM_CONFIG_DIRS

from tests.components.twins import lab, outputs_of

KERNEL = """
import sys
from IPython.core import shellapp
from IPython import start_ipython
shellapp.SYSTEM_CONFIG_DIRS = [sys.argv[1]]
start_ipython(["-c", "print(sorted(dir())); import os; print(os.environ['LAB_BUCKET'])"])
"""
"""IPython as a kernel starts it: it runs what lies in the machine's own folder of its settings."""


def scripts(cloud: str) -> list[str]:
    """One for each seat, as the vendor hands it to the shell."""
    rendered = lab(f"{cloud}-course", "managed")
    if cloud == "gcp":
        found = [each.inputs["gceSetup"] for each in rendered.of("workbench/instance:Instance")]
        return [setup["metadata"]["startup-script"] for setup in found]
    properties: list[dict[str, Any]] = [
        each.inputs["properties"]["properties"]
        for each in rendered.of("machinelearningservices:Compute")
        if "-notebook-" in each.name
    ]
    once = [each["setupScripts"]["scripts"] for each in properties]
    assert {(*each, each["creationScript"]["scriptSource"]) for each in once} == {
        ("creationScript", "inline")
    }
    return [base64.b64decode(each["creationScript"]["scriptData"]).decode() for each in once]


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """On a machine where nobody may read what root makes, unless it says so."""
    file = folder / "script"
    file.write_text(script)
    file.chmod(0o755)
    env = {"PATH": os.environ["PATH"], "MLLAB_ROOT": str(folder / "root")}
    return subprocess.run(
        [file], env=env, capture_output=True, text=True, timeout=60, umask=0o077, check=False
    )


@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_notebooks_and_terminals_find_the_address_that_jobs_find(
    cloud: str, tmp_path: Path
) -> None:
    address = outputs_of(lab(f"{cloud}-course", "managed"))["storage"]["uri"]
    found = scripts(cloud)
    assert found
    root = tmp_path / "root"
    for script in (*found, found[0]):  # a second start is like the first
        done = run(script, tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "/etc/ipython" in SYSTEM_CONFIG_DIRS
    kernel = [sys.executable, "-c", KERNEL, str(root / "etc/ipython")]
    terminal = ["sh", "-c", f'for file in "{root}"/etc/profile.d/*.sh; do . "$file"; done; env']
    clean = {"PATH": os.environ["PATH"], "IPYTHONDIR": str(tmp_path / "own")}
    said = {
        command[0]: subprocess.run(
            command, env=clean, capture_output=True, text=True, check=True, timeout=60
        ).stdout.splitlines()
        for command in (kernel, terminal)
    }
    names, told = said[sys.executable]
    assert told == address
    assert "'os'" not in names
    assert f"LAB_BUCKET={address}" in said["sh"]
    written = [path for path in root.rglob("*") if path.is_file()]
    assert len(written) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o644}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in written} == {0o755}


@pytest.mark.parametrize("wrong", ["", "course", "'gs://a b'", "'gs://a\";b'", "gs://A"])
def test_what_is_no_address_is_written_nowhere(wrong: str, tmp_path: Path) -> None:
    head, _, rest = scripts("gcp")[0].partition("\nLAB_BUCKET=")
    done = run(f"{head}\nLAB_BUCKET={wrong}\n{rest.partition(chr(10))[2]}", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("LAB_BUCKET is no address: ")
    assert not (tmp_path / "root").exists()
