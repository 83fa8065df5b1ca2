"""What leaves the embedded engine for Pulumi's: secrets sealed by Pulumi, or in clear if asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pulumi
import pytest

from mllab.engines.pulumi import sealing
from mllab.errors import LabError, UsageError
from tests.engines.bench import Bench, things
from tests.scenarios.toy import Thing


def secret(value: str) -> Callable[[], None]:
    def program() -> None:
        Thing("a", {"password": pulumi.Output.secret(value)})

    return program


def test_an_export_without_secrets_needs_nobody_to_seal_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    bench.up(things("a"))
    assert bench.engine.export() == bench.engine.state()


def test_an_export_with_secrets_is_refused_where_nobody_can_seal_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.up(secret("horse"))
    with pytest.raises(UsageError, match="that Pulumi cannot open"):
        bench.engine.export()
    bench.seal = partial(sealing.sealed, home=bench.home)
    with pytest.raises(UsageError, match="there is no passphrase") as refused:
        bench.engine.export()
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" in refused.value.hint
    assert "--show-secrets" in refused.value.hint
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of the target")
    with pytest.raises(LabError, match="there is no Pulumi CLI"):
        bench.engine.export()


def test_the_export_for_pulumi_is_in_clear_when_asked(bench: Bench) -> None:
    bench.up(secret("horse"))
    entries = bench.engine.export(clear=True)["deployment"]["resources"]
    found = next(entry for entry in entries if entry["urn"].endswith("::a"))
    assert found["inputs"]["password"] == {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": '"horse"',
    }
