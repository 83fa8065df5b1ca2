"""Machines that a workflow asks and stops."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mllab.engines.contract import Resource
from tests.components.azure.azure_account import (
    GROUP_ID,
    committed,
)
from tests.components.azure.workflow import Failed, Workflow
from tests.components.render import Rendered

NOW = datetime(2027, 1, 11, 12, 0, tzinfo=UTC)
MACHINES = f"{GROUP_ID}/providers/Microsoft.Compute/virtualMachines"
ARM = "https://management.azure.com"
TABLE = ".table.core.windows.net"
QUIET = ("PowerState/running", [0.0])


class Machines:
    """Machines of a resource group, by name: their power state, and their load every five minutes.

    A machine whose state is None cannot be asked. All were started `up` minutes ago.
    """

    def __init__(
        self,
        up: float = 600,
        signs: Mapping[str, Mapping[str, float]] | None = None,
        /,
        **machines: tuple[str | None, list[float | None]],
    ) -> None:
        self.machines, self.up = machines, up
        self.signs = signs or {}
        self.deallocated: list[str] = []
        self.asked: dict[str, list[str]] = {}

    def __call__(self, method: str, uri: str) -> Any:
        parts = urlsplit(uri)
        if parts.netloc.endswith(TABLE):
            assert (method, parts.path) == ("GET", "/signs()")
            now = NOW.timestamp()
            return {
                "value": [
                    {"PartitionKey": "signs", "RowKey": seat}
                    | {key: int(now + minutes * 60) for key, minutes in sign.items()}
                    for seat, sign in self.signs.items()
                ]
            }
        assert f"{parts.scheme}://{parts.netloc}" == ARM
        assert "api-version" in parse_qs(parts.query)
        if parts.path == MACHINES:
            return {
                "value": [{"id": f"{MACHINES}/{n}", "tags": {"seat": n}} for n in self.machines]
            }
        name, _, what = parts.path.removeprefix(f"{MACHINES}/").partition("/")
        state, load = self.machines[name]
        if state is None:
            raise Failed
        if (method, what) == ("GET", "instanceView"):
            since = (NOW - timedelta(minutes=self.up)).isoformat()
            made = {"code": "ProvisioningState/succeeded", "time": since}
            return {"statuses": [made, {"code": state}]}
        if (method, what) == ("GET", "providers/Microsoft.Insights/metrics"):
            self.asked = parse_qs(parts.query)
            data = [{} if each is None else {"maximum": each} for each in load]
            return {"value": [{"timeseries": [{"data": data}]}]}
        assert (method, what) == ("POST", "deallocate")
        self.deallocated.append(name)
        return None


def workflow(rendered: Rendered, what: str) -> Resource:
    return rendered.one("logic:Workflow", f"azure-course-notebook-{what}")


def run(declared: Resource, answer: Any) -> Workflow:
    return Workflow(declared.inputs["definition"], declared.inputs["parameters"], NOW, answer)


def idle(
    rendered: Rendered | None = None,
    up: float = 600,
    signs: Mapping[str, Mapping[str, float]] | None = None,
    **machines: tuple[str | None, list[Any]],
) -> Machines:
    """What the look at machines does.

    Args:
        signs: what the machines last said, in minutes from now.
    """
    there = Machines(up, signs, **machines)
    run(workflow(rendered or committed(), "idle"), there)
    return there
