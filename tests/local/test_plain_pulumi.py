"""Plain `pulumi`, which finds the provider of labs on this machine on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mllab.local import marked

STACK = "local-tiny"


@pytest.mark.engine
def test_plain_pulumi_makes_a_lab_and_takes_it_down(root: Path, tmp_path: Path) -> None:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        pytest.skip("no pulumi CLI on PATH")
    project = tmp_path / "project"
    (project / "stacks").mkdir(parents=True)
    (project / "Pulumi.yaml").write_text(
        "name: mllab\nstackConfigDir: stacks\n"
        f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}}}}}\n"
    )
    shutil.copy(root / "__main__.py", project)
    shutil.copy(root / "stacks" / f"Pulumi.{STACK}.yaml", project / "stacks")
    plugin = tmp_path / "bin" / "pulumi-resource-mllab-local"
    plugin.parent.mkdir()
    # What installing the project puts beside `mllab`.
    plugin.write_text(f"#!{sys.executable}\nfrom mllab.session.local import serve\nserve()\n")
    plugin.chmod(0o755)
    environ = {
        "PATH": os.pathsep.join([str(plugin.parent), str(Path(pulumi).parent), "/usr/bin", "/bin"]),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(root),
        "PULUMI_BACKEND_URL": tmp_path.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }

    def run(*words: str) -> str:
        done = subprocess.run(
            [pulumi, *words, "--non-interactive", "-C", str(project)],
            env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("stack", "init", STACK)
    lab = project / ".mllab" / "local" / "labs" / STACK
    try:
        run("up", "-s", STACK, "--yes", "--skip-preview")
        assert (lab / "run" / f"{STACK}-notebook-me" / "process.json").exists()
        assert marked.processes(lab)
        assert "unchanged" in run("preview", "-s", STACK)
        run("destroy", "-s", STACK, "--yes", "--skip-preview")
        assert not lab.exists()
        assert marked.processes(lab) == []
    finally:
        for one in marked.processes(lab):
            one.kill()
