"""The policy pack on Pulumi's own engine: it lets a right lab pass, and stops a wrong one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pulumi.real.world import STACK, World

BARE_VOLUME = """
from pulumi_aws import ebs

ebs.Volume("bare", availability_zone="us-east-1a", size=1)
"""

pytestmark = pytest.mark.engine


def test_a_right_lab_passes_and_one_against_a_rule_is_stopped(world: World, root: Path) -> None:
    if shutil.which("pulumi-language-python") is None:
        pytest.skip("no language host of Pulumi for Python on PATH")
    assert world.run("preview", STACK).code == 0  # makes the backend's folder and the passphrase
    assert world.pulumi("stack", "init", STACK).code == 0
    pack = ("-s", STACK, "--policy-pack", str(root / "policy"))

    right = world.pulumi("preview", *pack)
    told = " ".join((right.out + right.err).split())
    assert right.code == 0, told
    assert "aws-bucket-versions: has no versioning" in told
    assert world.made() == []

    main = world.project / "__main__.py"
    main.write_text(main.read_text() + BARE_VOLUME)
    wrong = world.pulumi("up", *pack, "--yes", "--skip-preview")
    told = " ".join((wrong.out + wrong.err).split())
    assert wrong.code != 0
    assert "aws-volume-encrypted" in told
    assert "encrypted is not set, it must be true; set encrypted to true" in told
    assert "removable-tagged" in told
    assert "aws-bucket-closed" not in told, "what is kept is not told"

    waivers = world.project / "waivers.csv"
    waivers.write_text(
        "rule,stack,resource,until,reason\n"
        f"aws-volume-encrypted,{STACK},bare,2999-12-31,nothing lies on it\n"
        f"removable-tagged,{STACK},bare,2001-01-01,it had an end\n"
    )
    wrong = world.pulumi("preview", *pack)
    told = " ".join((wrong.out + wrong.err).split())
    assert "encrypted is not set, it must be true; accepted: nothing lies on it" in told
    assert "(accepted until 2001-01-01: it had an end" in told
    assert wrong.code != 0
