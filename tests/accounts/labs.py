"""Labs that are up on simulated clouds of Azure and Google: what is recorded, and what exists."""

from __future__ import annotations

import dataclasses
import functools
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mllab import program
from mllab.clock import SimulatedClock
from mllab.engines.contract import StackTarget
from mllab.engines.embedded.engine import EmbeddedEngine
from mllab.settings import files
from mllab.simulated.azure.cloud import SimulatedAzure
from mllab.simulated.gcp.cloud import SimulatedGcp

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2027, 1, 11, tzinfo=UTC)
CLOUDS = {"azure": SimulatedAzure, "gcp": SimulatedGcp}
Entry = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Lab:
    """A lab that is up.

    Args:
        stack: the name it has. config: Pulumi's.
        entries: custom resources as they are recorded, in order of creation.
        things: what the simulated account has, also what came to be by itself.
    """

    stack: str
    config: dict[str, str]
    entries: list[Entry]
    things: list[dict[str, Any]]


def up(
    stack: str, kind: str = "vm", *, name: str = "", called: str = "", egress: str = "external"
) -> Lab:
    """Bring one of the committed labs up, alone in its account.

    Args:
        kind: of notebook. name: of the lab, where it is not the stack's. called: the stack, where
            it is another one.
    """
    return Lab(**json.loads(_up(stack, kind, name or called or stack, called or stack, egress)))


@functools.cache
def _up(stack: str, kind: str, name: str, called: str, egress: str) -> str:
    path = files.find(ROOT, stack)
    config = files.config(path)
    config["mllab:lab"] = json.dumps({**json.loads(config["mllab:lab"]), "name": name})
    if egress != "external":
        own = json.loads(config.get("mllab:gcp", "{}"))
        config["mllab:gcp"] = json.dumps({**own, "egress": egress})
    lab = files.from_config(called, config)
    notebook = lab.notebook.model_copy(update={"kind": kind})
    lab = lab.model_copy(update={"notebook": notebook})
    cloud = CLOUDS[lab.lab.cloud](None)
    cloud = CLOUDS[lab.lab.cloud](None, quotas=dict.fromkeys(cloud.limits(), 1e6))
    for name in cloud.by_hand:
        cloud.switch_on(name)
    target = StackTarget(
        "mllab", called, cloud.package, config, lambda: program.declare(lab, NOW.date()), ROOT
    )
    with tempfile.TemporaryDirectory() as home:
        engine = EmbeddedEngine(target, {cloud.package: cloud}, Path(home), SimulatedClock(NOW))
        outcome = engine.up()
        assert outcome.ok, outcome.failures
        entries = engine.state()["deployment"]["resources"]
    made = [
        entry
        for entry in entries
        if entry["custom"] and entry["type"].split(":")[0] in ("azure-native", "gcp")
    ]
    things = [dataclasses.asdict(record) for record in cloud.inventory()]
    return json.dumps(
        {"stack": called, "config": config, "entries": made, "things": things}, default=str
    )


def pending(entry: Entry) -> Entry:
    """As it is recorded while its create goes on."""
    return {key: value for key, value in entry.items() if key not in ("id", "outputs")}


def labels(stack: str) -> dict[str, str]:
    """Of what belongs to a stack."""
    return {"stack": stack, "managed-by": "mllab", "role": "cluster", "lab": stack}
