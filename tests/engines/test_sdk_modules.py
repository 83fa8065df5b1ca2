"""Packages of an SDK that load on demand hold what they hold otherwise."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from mllab.clouds.registry import CLOUDS
from mllab.engines.sdk_modules import load_on_demand

ROOT = Path(__file__).parents[2]


def folder(package: str) -> Path:
    """Where a package's files are; of a top-level one nothing is loaded for that."""
    spec = find_spec(package)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


USED = sorted(
    {
        f"{cloud.sdk}.{name}"
        for cloud in CLOUDS.values()
        for path in (ROOT / "components" / cloud.name).glob("*.py")
        for names in re.findall(rf"^from {cloud.sdk} import ([\w, ]+)$", path.read_text(), re.M)
        for name in names.split(", ")
        if (folder(cloud.sdk) / name / "__init__.py").exists()
    }
)


def exported(folder: Path) -> list[str]:
    """All names that a package's files say they export, in no order that loading would have."""
    said = (
        re.search(r"^__all__ = \[(.*?)\]", path.read_text(), re.M | re.S)
        for path in folder.glob("*.py")
    )
    found = {name for names in said if names for name in re.findall(r"'(\w+)'", names[1])}
    return sorted(found)


def fresh(program: str, *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def compare(*packages: str) -> None:
    """In a process of its own: each name by itself, then the package's own file as it stands."""
    for name in packages:
        load_on_demand(name.partition(".")[0])
        package = importlib.import_module(name)
        path = Path(str(package.__file__))
        lazily = {one: getattr(package, one, None) for one in exported(path.parent)}
        whole = ModuleType(name)
        whole.__package__ = name
        exec(compile(path.read_text(), str(path), "exec"), vars(whole))
        differ = [one for one, found in lazily.items() if found is not getattr(whole, one, None)]
        assert lazily, name
        assert not differ, (name, differ)
        assert not hasattr(package, "NothingOfThatName")


def test_all_packages_that_the_components_use_are_known() -> None:
    assert {"pulumi_aws.ec2", "pulumi_azure_native.compute", "pulumi_gcp.compute"} <= {*USED}


@pytest.mark.parametrize("sdk", sorted(cloud.sdk for cloud in CLOUDS.values()))
def test_every_name_stands_for_the_same(sdk: str) -> None:
    fresh(
        f"import sys; from {__name__} import compare; compare(*sys.argv[1:])",
        *(name for name in USED if name.startswith(f"{sdk}.")),
    )


LOAD = "from mllab.engines.sdk_modules import load_on_demand; load_on_demand('pulumi_aws');"


def test_a_star_brings_every_name() -> None:
    program = f"{LOAD} from pulumi_aws.efs import *; print(*sorted(dir()))"
    names = fresh(program).split()
    assert {"FileSystem", "MountTargetArgs", "get_access_point_output"} <= {*names}


def test_a_preview_loads_what_the_lab_has_and_no_more() -> None:
    program = (
        "import sys; from cli import main; sys.argv[1:] = ['preview', 'aws-tiny', '--simulate'];"
        "import atexit; atexit.register(lambda: print(*sys.modules)); main()"
    )
    loaded = fresh(program).split()
    assert "pulumi_aws.ec2.vpc" in loaded
    assert "pulumi_aws.ec2.fleet" not in loaded


def test_a_package_that_is_not_generated_runs_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / "written" / "part"
    part.mkdir(parents=True)
    (part.parent / "__init__.py").touch()
    (part / "__init__.py").write_text("from .one import *\n")
    (part / "one.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    load_on_demand("written")
    assert vars(importlib.import_module("written.part"))["value"] == 1
