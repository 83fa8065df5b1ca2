"""`python cli.py`, an installed `mllab` and plain `pulumi` take turns on one stack.

Plain pulumi runs `__main__.py` with its Python language host, at the backend and with the
passphrase file that our notes tell to name.
"""

from __future__ import annotations

import json
import shutil
import stat
import sys

import pytest

from tests.pulumi.real.world import STACK, World

pytestmark = pytest.mark.engine

UP = ("up", STACK, "--yes")


@pytest.fixture
def language_host() -> None:
    if shutil.which("pulumi-language-python") is None:
        pytest.skip("no language host of Pulumi for Python on PATH")


def test_a_lab_lives_in_a_real_account_and_goes(world: World) -> None:
    before = world.file.read_text()
    committed = {path: path.read_bytes() for path in world.project.glob("*.*") if path.is_file()}

    first = world.run("preview", STACK)
    assert first.code == 0, first.err
    assert world.made() == []
    assert world.file.read_text() == before, "a preview writes nothing"
    backend = (world.home / "backend").as_uri()
    assert f"export PULUMI_BACKEND_URL={backend}" in first.err
    assert str(world.passphrase) in first.err
    assert stat.S_IMODE(world.passphrase.stat().st_mode) == 0o600

    up = world.run(*UP)
    assert up.code == 0, up.err
    assert "PULUMI_BACKEND_URL" not in up.err, "said once"
    assert "encryptionsalt" in up.err
    text = world.file.read_text()
    added = text.removeprefix(before)
    assert text.startswith(before), "every line and comment stays"
    assert added.startswith("encryptionsalt: ")
    assert len(added.splitlines()) == 1
    assert {path: path.read_bytes() for path in committed} == committed
    assert world.twins() == []
    assert len(world.made()) > 40

    assert "nothing to do" in world.run("preview", STACK).out
    again = world.run(*UP)
    assert again.code == 0
    assert "encryptionsalt" not in again.err, "said once"
    outputs = json.loads(world.run("outputs", STACK, "--json").out)
    assert outputs["storage"]["uri"].startswith("s3://")
    status = world.run("status", STACK)
    assert status.code == 0, status.err
    assert "running" in status.out

    for path in [*world.home.rglob("*"), *world.project.rglob("*.yaml")]:
        if path.is_file():
            assert "AKIALAB" not in path.read_text(errors="replace"), f"credentials in {path}"

    down = world.run("down", STACK, "--yes")
    assert down.code == 0, down.err
    assert world.made() == []
    assert world.file.read_text() == text
    assert len(list((world.home / "backups" / STACK).glob("*.json"))) >= 2


@pytest.mark.usefixtures("language_host")
def test_ours_and_plain_pulumi_take_turns(living: World) -> None:
    text = living.file.read_text()
    seen = living.pulumi("preview", "-s", STACK, "--expect-no-changes")
    assert seen.code == 0, seen.out + seen.err

    edited = text.replace("limit_usd: 25", "limit_usd: 30")
    assert edited != text
    living.file.write_text(edited)
    plain = living.pulumi("up", "-s", STACK, "--yes", "--skip-preview")
    assert plain.code == 0, plain.out + plain.err
    assert "1 updated" in " ".join(plain.out.split())
    assert living.file.read_text() == edited, "comments and order stay"

    ours = living.run("preview", STACK)
    assert ours.code == 0, ours.err
    assert "nothing to do" in ours.out

    living.file.write_text(edited.replace("limit_usd: 30", "limit_usd: 35"))
    assert "1 to update" in living.run("preview", STACK).out
    assert living.run(*UP).code == 0
    again = living.pulumi("preview", "-s", STACK, "--expect-no-changes")
    assert again.code == 0, again.out + again.err

    down = living.run("down", STACK, "--yes")
    assert down.code == 0, down.err
    assert living.made() == []


@pytest.mark.usefixtures("language_host")
def test_a_lab_of_plain_pulumi_is_ours_too(world: World) -> None:
    """Also the other way round: made by plain pulumi, looked at by us, removed by plain pulumi."""
    first = world.run("preview", STACK)  # makes the backend's folder and the passphrase
    assert first.code == 0, first.err
    made = world.pulumi("stack", "init", STACK)
    assert made.code == 0, made.err
    plain = world.pulumi("up", "-s", STACK, "--yes", "--skip-preview")
    assert plain.code == 0, plain.out + plain.err

    ours = world.run("preview", STACK)
    assert ours.code == 0, ours.err
    assert "nothing to do" in ours.out
    assert world.run("status", STACK).code == 0
    assert world.run(*UP).code == 0

    gone = world.pulumi("destroy", "-s", STACK, "--yes", "--skip-preview")
    assert gone.code == 0, gone.out + gone.err
    assert world.made() == []
    last = world.run("down", STACK, "--yes")
    assert last.code == 0, last.err
    assert "Nothing of" in last.out


def test_an_installed_command_is_the_same_program(living: World) -> None:
    """`mllab` is what pip makes of the entry point: a call of `cli.main`."""
    script = living.bin / "mllab"
    script.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(living.root)!r})\n"
        "import cli\ncli.main()\n"
    )
    script.chmod(0o755)
    ended = living.call(str(script), "preview", STACK)
    assert ended.code == 0, ended.err
    assert "nothing to do" in ended.out
