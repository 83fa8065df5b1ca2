"""Which Pulumi CLI is taken, and what is said of those that are not."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi import automation as auto

from mllab.engines.pulumi import binary
from mllab.errors import LabError
from tests.pulumi.conftest import Script

SYSTEM = "/usr/bin:/bin"


@pytest.fixture
def ambient(tmp_path: Path) -> Path:
    """Where a CLI lies on PATH."""
    return tmp_path / "on path" / "pulumi"


def on(path: Path) -> dict[str, str]:
    return {"PATH": f"{path.parent}:{SYSTEM}"}


def test_plain_pulumi_is_held_to_the_same_versions() -> None:
    text = (Path(__file__).parents[2] / "Pulumi.yaml").read_text()
    major, minor, _ = binary.NEWEST
    after = binary.spoken((major, minor + 1, 0))
    said = f'requiredPulumiVersion: ">={binary.spoken(binary.OLDEST)} <{after}"'
    assert said in text.splitlines()


def refusal(home: Path, environ: dict[str, str], patience: float = 20) -> LabError:
    with pytest.raises(LabError) as caught:
        binary.find(home, environ, patience=patience)
    assert "mllab setup" in caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("echo v3.258.1", (3, 258, 1)),
        ("echo 3.256.0", (3, 256, 0)),
        ("echo v3.260.99", (3, 260, 99)),
        ("echo v3.260.0-alpha.1753+b8a7e1c", (3, 260, 0)),
        ("echo 'warning: something'; echo v3.259.0; echo", (3, 259, 0)),
        ("echo 'v9.9.9' >&2; printf 'v3.257.0\\r\\n'", (3, 257, 0)),
        (
            '[ "$PULUMI_SKIP_UPDATE_CHECK" = true ] && [ "$1" = version ] && echo v3.258.1',
            (3, 258, 1),
        ),
    ],
)
def test_a_cli_on_path_is_taken(
    home: Path, ambient: Path, script: Script, told: str, version: binary.Version
) -> None:
    script(ambient, told)
    assert binary.find(home, on(ambient)) == binary.Binary(ambient, version)


@pytest.mark.parametrize("number", ["2.99.9", "3.205.99", "3.261.0", "3.272.0", "4.0.0"])
def test_a_cli_outside_the_tested_range_is_refused_with_both_numbers(
    home: Path, ambient: Path, script: Script, number: str
) -> None:
    script(ambient, f"echo v{number}")
    assert refusal(home, on(ambient)).message == (
        f"{ambient} is version {number}; mllab works with 3.256.0 to 3.260.0"
    )


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("true", "tells no version"),
        ("echo hello", "tells no version: hello"),
        ("echo v3.260", "tells no version: v3.260"),
        ("echo pulumi 3.260.0", "tells no version: pulumi 3.260.0"),
        ("echo v3.٢60.0", "tells no version: v3.٢60.0"),
        ("echo v3.260.0; echo oops >&2; exit 3", "ends with code 3: oops"),
        ("echo 'No version is set for pulumi' >&2; exit 126", "ends with code 126: No version is"),
        ("printf '\\377\\000\\n'", "tells no version: \ufffd"),
        ("kill -9 $$", "ends with code -9"),
    ],
)
def test_what_tells_no_version_is_named(
    home: Path, ambient: Path, script: Script, told: str, why: str
) -> None:
    script(ambient, told)
    assert f"{ambient}: `pulumi version` {why}" in refusal(home, on(ambient)).message


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "Exec format error"), (b"#!/no/such/shell\n", "No such file or directory")],
)
def test_what_cannot_run_is_named(home: Path, ambient: Path, content: bytes, why: str) -> None:
    ambient.parent.mkdir()
    ambient.write_bytes(content)
    ambient.chmod(0o755)
    assert refusal(home, on(ambient)).message == f"{ambient} cannot be run: {why}"


def test_a_file_that_may_not_run_is_no_cli(home: Path, ambient: Path, script: Script) -> None:
    script(ambient, "echo v3.258.0").chmod(0o644)
    assert refusal(home, on(ambient)).message == (
        f"there is no Pulumi CLI, neither on PATH nor in {home}"
    )


@pytest.mark.parametrize("environ", [{"PATH": ""}, {"PATH": "/nowhere:"}])
def test_without_any_the_ways_to_get_one_are_named(home: Path, environ: dict[str, str]) -> None:
    hint = refusal(home, environ).hint
    for way in ("mllab setup", "get.pulumi.com", "brew", "winget", "pulumi/pulumi-python"):
        assert way in hint


def test_one_that_hangs_is_ended_with_all_that_it_has_started(
    home: Path, ambient: Path, script: Script, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    reader = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    script(ambient, f"exec 3>'{alive}'; echo up >&3; sleep 600 & echo v3.258.0; wait")
    assert "does not end within 2 s" in refusal(home, on(ambient), patience=2).message
    assert os.read(reader, 10) == b"up\n"
    # The pipe ends when the last process that holds it does.
    assert select.select([reader], [], [], 60)[0]
    assert os.read(reader, 10) == b""
    os.close(reader)


def test_one_that_never_stops_talking_is_ended(home: Path, ambient: Path, script: Script) -> None:
    script(ambient, "exec yes v3.258.0")
    assert "does not end within 1 s" in refusal(home, on(ambient), patience=1).message


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Path]:
    """Holds the number of a process that is ended after the test."""
    path = tmp_path / "background"
    yield path
    os.kill(int(path.read_text()), signal.SIGKILL)


def test_what_a_cli_leaves_behind_holds_nobody_up(
    home: Path, ambient: Path, script: Script, background: Path
) -> None:
    script(ambient, f"sleep 600 & echo $! >'{background}'; echo v3.258.0")
    assert binary.find(home, on(ambient), patience=5).version == (3, 258, 0)


def test_ours_is_found_where_the_installer_puts_it(home: Path, script: Script) -> None:
    ours = script(binary.install_root(home) / "bin" / "pulumi", f"echo v{binary.PINNED}")
    assert binary.find(home, {"PATH": SYSTEM}).path == ours
    by_sdk = auto.PulumiCommand(str(binary.install_root(home)))
    assert Path(by_sdk.command) == ours
    assert str(by_sdk.version) == binary.PINNED


def test_ours_steps_in_for_one_on_path_that_does_not_fit(
    home: Path, ambient: Path, script: Script
) -> None:
    script(ambient, "echo v3.272.0")
    ours = script(binary.install_root(home) / "bin" / "pulumi", f"echo v{binary.PINNED}")
    found = binary.find(home, on(ambient))
    assert found.path == ours
    assert f"{ambient} is version 3.272.0" in found.note


def test_one_on_path_comes_before_ours(home: Path, ambient: Path, script: Script) -> None:
    script(ambient, "echo v3.258.0")
    script(binary.install_root(home) / "bin" / "pulumi", f"echo v{binary.PINNED}")
    assert binary.find(home, on(ambient)).path == ambient


def test_both_are_named_when_neither_fits(home: Path, ambient: Path, script: Script) -> None:
    script(ambient, "echo v3.272.0")
    ours = script(binary.install_root(home) / "bin" / "pulumi", "exit 1")
    ours.chmod(0o644)
    message = refusal(home, on(ambient)).message
    assert message.splitlines() == [
        f"{ambient} is version 3.272.0; mllab works with 3.256.0 to 3.260.0",
        f"{ours} cannot be run: Permission denied",
    ]


def test_what_setup_installs_is_in_the_range() -> None:
    assert binary.OLDEST <= tuple(map(int, binary.PINNED.split("."))) <= binary.NEWEST


@pytest.mark.engine
def test_the_real_cli_is_found(home: Path, cli: str) -> None:
    assert binary.find(home).path == Path(cli)
