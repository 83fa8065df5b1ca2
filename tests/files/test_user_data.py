"""What EC2 is handed: cloud-init with exactly the committed files. No machine is started here."""

from __future__ import annotations

import ast
import base64
import gzip
import re
from pathlib import Path

import pytest
import yaml

from components import cloud_init
from components.aws import machine
from tests.files.unpacked import SETTINGS

DOCUMENT = yaml.safe_load(machine.render(SETTINGS))
LONGEST = {key: "x" * 255 for key in machine.KEYS}


def units() -> list[str]:
    return [file.source.name for file in machine.FILES if file.target.startswith("/etc/systemd")]


def test_cloud_init_recognises_the_document() -> None:
    assert machine.render(SETTINGS).startswith("#cloud-config\n")
    assert set(DOCUMENT) == {"write_files", "runcmd"}


@pytest.mark.parametrize("file", machine.FILES, ids=lambda file: file.source.name)
def test_only_what_explains_is_left_out(file: cloud_init.File) -> None:
    source, arrived = file.source.read_text(), cloud_init.shipped(file.source)
    if file.source.suffix == ".py":
        assert meaning(source) == meaning(arrived)
        assert len(arrived) < len(source)
    else:
        kept = [line.rstrip() for line in source.splitlines() if line.strip()]
        kept = [line for line in kept if line.startswith("#!") or line.lstrip()[0] != "#"]
        assert arrived.splitlines() == kept
    assert "<<" not in source.replace("<<<", "")  # a line of it could look like a comment


def meaning(program: str) -> str:
    """A program without docstrings, types of arguments and where all of it stands."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list):
            node.body = [one for one in node.body if not documents(one)]
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.dump(tree)


def documents(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_only_root_may_change_what_root_runs() -> None:
    for entry in DOCUMENT["write_files"]:
        assert entry["owner"] == "root:root"
        assert int(entry["permissions"], 8) & 0o022 == 0


def test_what_is_run_is_executable_and_names_its_interpreter() -> None:
    for file in machine.FILES:
        if file.mode == "0755":
            assert file.source.read_bytes().startswith(b"#!/usr/bin/env bash\n")
    targets = {file.target: file.mode for file in machine.FILES}
    for name in units():
        unit = next(file.source for file in machine.FILES if file.source.name == name)
        for command in re.findall(r"^ExecStart=(\S+)", unit.read_text(), re.M):
            assert targets.get(command) == "0755" or command.startswith(("/usr/bin/", "/opt/mllab"))


def test_commands_only_enable_units_that_exist_and_can_be_enabled() -> None:
    enabled = [word for command in DOCUMENT["runcmd"] for word in command if "." in word]
    assert enabled[0] == "mllab-watchdog.timer"
    assert set(enabled) | {"mllab-watchdog.service"} == set(units())
    for name in enabled:
        text = (Path(cloud_init.__file__).parent / "files" / name).read_text()
        assert "\n[Install]\nWantedBy=" in text


def test_packed_is_gzip_of_the_document_and_fits() -> None:
    packed = base64.b64decode(machine.pack(machine.render(LONGEST)), validate=True)
    assert gzip.decompress(packed).decode() == machine.render(LONGEST)
    assert len(packed) <= 16384


def test_packed_twice_is_the_same() -> None:
    assert machine.pack(machine.render(SETTINGS)) == machine.pack(
        machine.render(dict(reversed(SETTINGS.items())))
    )


def test_gzip_carries_no_time_stamp() -> None:
    assert base64.b64decode(machine.pack("text"))[4:8] == b"\0\0\0\0"


def test_too_long_is_refused_with_the_limit() -> None:
    noise = "".join(chr(33 + (n * n * 7919) % 94) for n in range(60000))
    with pytest.raises(ValueError, match=r"user data has \d+ bytes, EC2 takes 16384"):
        machine.pack(noise + str(list(range(20000))))


def test_python_on_the_machine_needs_no_newer_version_than_amazon_linux_has() -> None:
    """Syntax alone; that no newer library function is called is not proved here."""
    scripts = [file.source for file in machine.FILES if file.source.suffix == ".py"]
    assert len(scripts) == 5
    for script in scripts:
        ast.parse(script.read_text(), feature_version=(3, 9))


def test_python_on_the_machine_asks_no_wall_clock() -> None:
    """But for what it tells others, who know no other clock."""
    asked = []
    for script in (file.source for file in machine.FILES if file.source.suffix == ".py"):
        for node in ast.walk(ast.parse(script.read_text())):
            if isinstance(node, ast.FunctionDef):
                used = {ast.unparse(part) for part in ast.walk(node)}
                if used & {"time.time", "time.time_ns", "time.localtime", "datetime"}:
                    asked.append(node.name)
    assert asked == ["sign"]
