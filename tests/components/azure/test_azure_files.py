"""What an Azure machine is handed: cloud-init with exactly the committed files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from components import cloud_init
from components.azure import machine
from tests.components.azure.azure_machine import DOCUMENT, SETTINGS
from tests.files.unpacked import contents


def test_what_is_run_is_executable_and_what_is_sourced_is_not() -> None:
    modes = {file.source.name: file.mode for file in machine.FILES}
    assert modes["arm.sh"] == "0644"
    for name in ("home-device.sh", "notebook-env.sh", "shared.sh", "deallocate.sh"):
        assert modes[name] == "0755"
    for entry in DOCUMENT["write_files"]:
        assert int(entry["permissions"], 8) & 0o022 == 0


def test_custom_data_fits() -> None:
    longest = machine.render({key: "x" * 255 for key in machine.KEYS})
    assert machine.pack(longest)
    with pytest.raises(ValueError, match=r"custom data has 65536 bytes, Azure takes 65535"):
        machine.pack("x" * 65536)


def test_watchdog_takes_the_stop_command_from_the_settings(root: Path) -> None:
    """Its own default only shuts the machine down, which Azure goes on billing."""
    module = ast.parse((root / "components/files/watchdog.py").read_text())
    (defaults,) = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TEXTS"
    ]
    assert "STOP_COMMAND" in defaults
    assert machine.STOP_COMMAND not in defaults.values()
    assert "STOP_COMMAND" in machine.KEYS
    assert machine.STOP_COMMAND in [file.target for file in machine.FILES]


def test_settings_of_the_document_are_those_of_the_components() -> None:
    (entry,) = [e for e in DOCUMENT["write_files"] if e["path"] == cloud_init.SETTINGS_PATH]
    lines = contents(entry).decode().splitlines()
    assert dict(line.split("=", 1) for line in lines) == SETTINGS
    assert SETTINGS.keys() == machine.KEYS.keys()
