"""The workflow that watches notebooks is run against a stand-in for Google's answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from components.catalog import machine
from tests.components.gcp.gcp_account import committed, managed, variant
from tests.components.gcp.workflow import Failed, Workflow
from tests.components.render import Rendered

JOB, FLOW = "cloudscheduler/job:Job", "workflows/workflow:Workflow"
INSTANCE = "compute/instance:Instance"
START = datetime(2027, 1, 11, 8, 0, tzinfo=UTC)
MINUTE = 60
ZONE = "us-central1-a"
REFUSED = {"tags": ["HttpError"], "code": 403}
PLACE = f"/compute/v1/projects/my-course-2027/zones/{ZONE}/instances"


def job(rendered: Rendered) -> Mapping[str, Any]:
    (found,) = [each for each in rendered.of(JOB) if each.name.endswith("-watch")]
    return found.inputs


def told(rendered: Rendered) -> dict[str, Any]:
    """What the workflow is told."""
    body = json.loads(base64.b64decode(job(rendered)["httpTarget"]["body"]))
    assert body.keys() == {"argument"}
    found: dict[str, Any] = json.loads(body["argument"])
    return found


class Google:
    """Machines of one zone, all started at 8:00, by name: their sign of life and their load in
    percent, None for what there is not."""

    def __init__(self, rendered: Rendered | None = None) -> None:
        self.rendered = rendered or committed()
        self.lab = told(self.rendered)
        self.machines: dict[str, tuple[str, str | None, float | None]] = {}
        self.stopped: list[str] = []
        self.refuses: set[str] = set()
        self.logged: list[dict[str, Any]] = []
        self.asked: dict[str, Mapping[str, str]] = {}

    def has(
        self,
        name: str,
        *,
        seen: float | None = None,
        busy: float = 0,
        awake: float = 0,
        load: float | None = 1.0,
        account: str = "",
    ) -> None:
        """A machine; times in minutes after its start."""
        at = {"seen_at": seen or 0, "busy_at": busy, "awake_until": awake}
        start = START.timestamp()
        sign = {key: int(start + minutes * MINUTE) if minutes else 0 for key, minutes in at.items()}
        text = None if seen is None else json.dumps({**sign, "why": "load"})
        self.machines[name] = (account or self.lab["account"], text, load)

    def says(self, name: str, text: str) -> None:
        account, _, load = self.machines[name]
        self.machines[name] = (account, text, load)

    def look(self, minute: float) -> list[str]:
        source = self.rendered.one(FLOW).inputs["sourceContents"]
        now = START.timestamp() + minute * MINUTE
        self.stopped, self.logged = [], []
        self.logged = Workflow(source, self.lab, now, self._answer).logged
        return self.stopped

    def _answer(self, method: str, uri: str, query: Mapping[str, str]) -> Any:
        parts = urlsplit(uri)
        if parts.netloc == "monitoring.googleapis.com":
            self.asked["load"] = query
            (id,) = [n for n in self.machines if f'"{n}-id"' in query["filter"]]
            load = self.machines[id][2]
            point = {"value": {"doubleValue": (load or 0) / 100}}
            return {} if load is None else {"timeSeries": [{"points": [point]}]}
        assert parts.netloc == "compute.googleapis.com"
        if not parts.path.startswith(PLACE):
            return {"kind": "compute#instanceList"}  # no machine in another zone
        if parts.path == PLACE:
            self.asked["list"] = query
            items = [self._shown(name) for name in self.machines]
            return {"items": items} if items else {}
        name, _, what = parts.path.removeprefix(f"{PLACE}/").partition("/")
        if name in self.refuses:
            raise Failed(["HttpError"], code=403)
        if (method, what) == ("GET", "getGuestAttributes"):
            sign = self.machines[name][1]
            assert query == {"queryPath": "mllab/sign"}
            if sign is None:
                raise Failed(["HttpError"], code=404)
            if sign == "no answer":
                raise Failed(["ConnectionError"])
            if sign.isdigit():
                raise Failed(["HttpError"], code=int(sign))
            item = {"namespace": "mllab", "key": "sign", "value": sign}
            return {"queryPath": "mllab/sign", "queryValue": {"items": [item]}}
        assert (method, what) == ("POST", "stop")
        self.stopped.append(name + (f"?{parts.query}" if parts.query else ""))
        return {}

    def _shown(self, name: str) -> dict[str, Any]:
        account = self.machines[name][0]
        shown: dict[str, Any] = {
            "name": name,
            "id": f"{name}-id",
            "lastStartTimestamp": START.isoformat(),
        }
        return shown if account == "none" else {**shown, "serviceAccounts": [{"email": account}]}


def test_a_machine_in_use_is_left_alone_however_quiet_its_processors_are() -> None:
    google = Google()
    google.has("ana", seen=595, busy=595, load=0.1)
    assert google.look(600) == []


def test_a_machine_kept_awake_is_left_alone_until_then_even_if_it_falls_silent() -> None:
    google = Google()
    google.has("ana", seen=100, busy=100, awake=460)
    assert google.look(579) == []
    assert google.look(581) == ["ana"]


@pytest.mark.parametrize(("load", "stopped"), [(4.9, True), (5.0, False), (None, False)])
def test_a_silent_machine_is_stopped_where_its_processors_are_quiet_too(
    load: float | None, stopped: bool
) -> None:
    google = Google()
    google.has("ana", seen=100, busy=100, load=load)
    assert google.look(219) == []
    assert google.look(221) == (["ana"] if stopped else [])
    query = google.asked["load"]
    assert query["interval.startTime"] == "2027-01-11T09:41:00Z"
    assert query["interval.endTime"] == "2027-01-11T11:41:00Z"
    assert query["aggregation.alignmentPeriod"] == "7200s"


@pytest.mark.parametrize(
    "sign",
    [
        None,
        "412",  # guest attributes forbidden by a policy: iap-desktop, ComputeEngineClient
        "no json",
        "[]",
        '{"seen_at": "soon", "busy_at": 1, "awake_until": 0}',
        '{"seen_at": 1, "busy_at": 1, "awake_until": 0}',  # of an earlier boot
    ],
)
def test_a_machine_that_never_spoke_counts_from_its_start(sign: str | None) -> None:
    google = Google()
    google.has("ana")
    if sign:
        google.says("ana", sign)
    assert google.look(119) == []
    assert google.look(121) == ["ana"]


@pytest.mark.parametrize("answer", ["403", "503", "no answer"])
def test_signs_that_cannot_be_read_are_no_silence(answer: str) -> None:
    google = Google()
    google.has("ana")
    google.has("bo")
    google.says("ana", answer)
    assert google.look(121) == ["bo"]
    assert [line["json"]["machine"] for line in google.logged if line["severity"] == "ERROR"] == [
        "ana"
    ]
    assert google.look(12 * 60 + 31) == ["ana", "bo"], "the longest time holds"


def test_a_machine_that_calls_itself_unused_and_runs_on_is_stopped() -> None:
    google = Google()
    google.has("ana", seen=216, busy=100, load=99)
    assert google.look(219) == []
    assert google.look(221) == ["ana"]


def test_the_longest_time_holds_whatever_the_machine_says() -> None:
    google = Google()
    google.has("ana", seen=10_000, busy=10_000, awake=10_000)
    assert google.look(12 * 60 + 29) == [], "the machine itself comes first"
    assert google.look(12 * 60 + 31) == ["ana"]
    assert google.logged == [
        {"severity": "NOTICE", "json": {"stopped": "ana", "why": "up for too long"}}
    ]


def test_a_workbench_instance_has_its_longest_time_alone() -> None:
    """It gives no signs; whether it is in use Google decides."""
    google = Google(managed())
    google.has("ana", load=0.0)
    assert google.look(12 * 60 + 29) == []
    assert google.look(12 * 60 + 31) == ["ana"]


@pytest.mark.parametrize("account", ["somebody@my-course-2027.iam.gserviceaccount.com", "none"])
def test_machines_of_others_are_not_looked_at(account: str) -> None:
    google = Google()
    google.has("bo", account=account)
    assert google.look(10_000) == []
    assert google.logged == []


def test_one_that_cannot_be_stopped_keeps_no_other_running() -> None:
    google = Google()
    google.has("ana")
    google.has("bo")
    google.refuses.add("ana")
    assert google.look(10_000) == ["bo"]
    assert google.logged[0] == {"severity": "ERROR", "json": {"machine": "ana", "fault": REFUSED}}


def test_a_lab_of_no_running_machine_asks_for_the_list_only() -> None:
    google = Google()
    assert google.look(10_000) == []
    assert google.asked.keys() == {"list"}
    assert google.asked["list"] == {"filter": "(status = RUNNING) AND (labels.lab = gcp-course)"}


@pytest.mark.parametrize(
    ("size", "stopped"),
    [("gpu-large", "ana?discardLocalSsd=true"), ("gpu-small", "ana")],
)
def test_local_disks_are_given_up(size: str, stopped: str) -> None:
    google = Google(variant(notebook=machine("gcp", size)))
    google.lab["zones"] = [ZONE]
    google.has("ana")
    assert google.look(10_000) == [stopped]


@pytest.mark.parametrize("kind", ["vm", "managed"])
def test_the_job_says_what_the_workflow_reads(kind: str) -> None:
    rendered = variant(kind=kind, idle_minutes=17, max_hours=7, seats=("ana", "bo"))
    found = told(rendered)
    assert found.pop("zones")
    box = rendered.of(INSTANCE if kind == "vm" else "workbench/instance:Instance")[0].inputs
    accounts = box["serviceAccount"] if kind == "vm" else box["gceSetup"]["serviceAccounts"][0]
    assert found == {
        "project": "my-course-2027",
        "account": accounts["email"],
        "filter": {
            "vm": "(status = RUNNING) AND (labels.lab = gcp-course)",
            "managed": "status = RUNNING",
        }[kind],
        "signs": kind == "vm",
        "idle_minutes": 17,
        "max_hours": 7,
        "percent": 5.0,
        "stop": "/stop",
    }
    watch = job(rendered)
    assert watch["schedule"] == "*/30 * * * *"
    assert watch["httpTarget"]["uri"].startswith("https://workflowexecutions.googleapis.com/v1/")
    assert watch["httpTarget"]["uri"].endswith("/executions")


def test_the_zones_are_those_where_the_machines_are() -> None:
    rendered = variant(seats=tuple("abcdefgh"))
    zones = {each.inputs["zone"] for each in rendered.of(INSTANCE)}
    assert zones <= set(told(rendered)["zones"])


def test_the_workflow_goes_with_the_lab_and_acts_as_who_may_stop() -> None:
    flow, account = committed().one(FLOW), "gcp-course-notebook-stopper"
    assert flow.inputs["deletionProtection"] is False
    assert f"::{account}" in "".join(flow.property_dependencies["serviceAccount"])


def test_changed_limits_reach_machines_as_metadata_and_touch_nothing_else() -> None:
    before, now = variant(), variant(idle_minutes=600, max_hours=24)
    box, changed = (dict(each.one(INSTANCE).inputs) for each in (before, now))
    old, new = box.pop("metadata"), changed.pop("metadata")
    assert (new["idle-minutes"], new["max-hours"]) == ("600", "24")
    limits = {"idle-minutes": "", "max-hours": "", "user-data": ""}
    assert {**old, **limits} == {**new, **limits}
    assert box == changed
