"""The real Pulumi engine behind the `Engine` contract, cut off from plugins, clouds and home."""

from __future__ import annotations

import copy
import functools
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pulumi import automation as auto
from pulumi.automation._stack import StackInitMode

from mllab.clock import Clock
from mllab.engines.contract import Holding, OnStep, Outcome, Plan, StackTarget, ignore
from mllab.engines.provider import Provider
from mllab.errors import LockedError, RunFailed
from mllab.simulated.grpc import ProviderServers
from tests.scenarios.pulumi_events import Events, masked

_PATIENCE: Final = 60.0
"""Seconds without any event after which a command is taken for dead."""


class _Stack(auto.Stack):
    """Without the further commands by which a stack is selected, and `up` collects its results."""

    def __init__(self, name: str, workspace: auto.LocalWorkspace) -> None:
        self.name, self.workspace, self._mode = name, workspace, StackInitMode.SELECT

    def outputs(self) -> auto.OutputMap:
        return {}

    def info(self, show_secrets: bool | None = None) -> Any:
        return object()


class PulumiEngine:
    """One stack on a file backend.

    Args:
        home: shared by all stacks of a session: PULUMI_HOME, backend and project folder.
    """

    name = "pulumi"

    def __init__(
        self,
        target: StackTarget,
        providers: Mapping[str, Provider],
        home: Path,
        clock: Clock,
        parallel: int = 16,
    ) -> None:
        self._target, self._parallel = target, parallel
        self._servers = ProviderServers(providers, clock)
        self._backend, self._pid = home / "backend", home / f"{target.stack}.pid"
        for folder in (self._backend, home / "project", home / "pulumi"):
            folder.mkdir(parents=True, exist_ok=True)
        self._workspace = auto.LocalWorkspace(
            work_dir=str(home / "project"),
            pulumi_home=str(home / "pulumi"),
            project_settings=auto.ProjectSettings(target.project, "python"),
            pulumi_command=_pulumi(home),
            env_vars={
                "PULUMI_DEBUG_PROVIDERS": self._servers.debug_providers,
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
                "PULUMI_BACKEND_URL": f"file://{self._backend}",
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "ENGINE_PID_FILE": str(self._pid),
            },
        )
        self._checkpoint = (
            self._backend / ".pulumi" / "stacks" / target.project / f"{target.stack}.json"
        )
        if not self._checkpoint.exists():
            self._workspace.create_stack(target.stack)
        self._stack = _Stack(target.stack, self._workspace)
        settings = self._workspace.stack_settings(target.stack)
        settings.config = dict(target.config)
        self._workspace.save_stack_settings(target.stack, settings)

    def close(self) -> None:
        """End the providers' servers."""
        self._servers.stop()

    def kill(self) -> None:
        """End the running command as `kill -9` does."""
        os.kill(int(self._pid.read_text()), signal.SIGKILL)

    def clear_lock(self) -> None:
        """Remove the lock that a killed run has left."""
        self._stack.cancel()

    def preview(self, on_step: OnStep = ignore) -> Plan:
        events = Events(on_step, "preview")
        self._run(
            events,
            lambda: self._stack.preview(
                parallel=self._parallel, program=self._target.program, on_event=events
            ),
        )
        if events.failures():
            raise RunFailed("\n".join(f"{f.name}: {f.message}" for f in events.failures()))
        return Plan(
            self._target.stack,
            self.name,
            tuple(events.steps()),
            outputs=events.outputs,
            pending=tuple(p["resource"]["urn"] for p in self._pending()),
            warnings=tuple(events.warnings),
        )

    def up(self, on_step: OnStep = ignore) -> Outcome:
        events = Events(on_step, "up")
        return self._change(
            events,
            lambda: self._stack.up(
                parallel=self._parallel,
                program=self._target.program,
                on_event=events,
                continue_on_error=True,
            ),
        )

    def refresh(self, on_step: OnStep = ignore, *, dry: bool = False) -> Outcome:
        events = Events(on_step, "refresh")
        verb = self._stack.preview_refresh if dry else self._stack.refresh
        return self._change(
            events,
            lambda: verb(parallel=self._parallel, program=self._target.program, on_event=events),
        )

    def destroy(
        self, on_step: OnStep = ignore, *, release: frozenset[str] = frozenset()
    ) -> Outcome:
        if release:
            self._release(release)
        events = Events(on_step, "destroy")
        return self._change(
            events,
            lambda: self._stack.destroy(
                parallel=self._parallel,
                program=self._target.program,
                on_event=events,
                continue_on_error=True,
            ),
        )

    def outputs(self) -> Mapping[str, Any]:
        return {key: o.value for key, o in self._workspace.stack_outputs(self._stack.name).items()}

    def state(self) -> Mapping[str, Any]:
        checkpoint = json.loads(self._checkpoint.read_text(encoding="utf-8"))
        latest = checkpoint["checkpoint"].get("latest") or {}
        return {"version": 3, "deployment": latest}

    def holdings(self) -> tuple[Holding, ...]:
        return ()

    def take_over(self, exported: Mapping[str, Any]) -> None:
        """`pulumi stack import` of a state that another engine wrote.

        The secrets provider stays that of this stack: without one the engine cannot seal what the
        state has in clear.
        """
        deployment = self._stack.export_stack()
        providers = deployment.deployment["secrets_providers"]
        deployment.deployment = {**exported["deployment"], "secrets_providers": providers}
        self._stack.import_stack(deployment)

    def _release(self, urns: frozenset[str]) -> None:
        deployment = copy.deepcopy(self._stack.export_stack())
        for resource in deployment.deployment["resources"]:
            if resource["urn"] in urns:
                resource.pop("protect", None)
        self._stack.import_stack(deployment)

    def _change(self, events: Events, command: Any) -> Outcome:
        self._run(events, command)
        resources = self.state()["deployment"].get("resources", [])
        stack = [r for r in resources if r["type"] == "pulumi:pulumi:Stack"]
        return Outcome(
            self._target.stack,
            self.name,
            tuple(events.steps()),
            failures=tuple(events.failures()),
            outputs=masked(stack[0].get("outputs", {})) if stack else {},
            remaining=tuple(
                r["urn"].rsplit("::", 1)[1]
                for r in resources
                if r["custom"] and not r["type"].startswith("pulumi:providers:")
            ),
            warnings=tuple(events.warnings),
        )

    def _run(self, events: Events, command: Any) -> None:
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(events, ended))
        watch.start()
        try:
            command()
        except auto.ConcurrentUpdateError as error:
            raise LockedError(str(error)) from error
        except auto.CommandError as error:
            if events.hangs:
                self.clear_lock()
                raise RunFailed(f"the engine hangs: no event for {_PATIENCE:.0f} s") from error
            # Failed resources are the outcome; anything else ends the run.
            if events.general or not events.failures():
                raise RunFailed("\n".join([*events.general, str(error)])) from error
        finally:
            ended.set()
            watch.join()

    def _watch(self, events: Events, ended: threading.Event) -> None:
        """Kill a command that waits for ever, as some do when a step fails."""
        while not ended.wait(1):
            if time.monotonic() - events.latest > _PATIENCE:
                events.hangs = True
                self.kill()
                return

    def _pending(self) -> list[dict[str, Any]]:
        return self.state()["deployment"].get("pending_operations") or []


@functools.cache
def _pulumi(home: Path) -> auto.PulumiCommand:
    """The command line; it notes its process id before it starts, so that it can be killed."""
    path = home / "bin" / "pulumi"
    if not path.exists():
        path.parent.mkdir(parents=True)
        draft = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        draft.write_text(
            "#!/bin/sh\n"
            '[ -z "$ENGINE_PID_FILE" ] || echo $$ >"$ENGINE_PID_FILE"\n'
            f'exec "{shutil.which("pulumi")}" "$@"\n'
        )
        draft.chmod(0o755)
        draft.replace(path)
    return auto.PulumiCommand(str(home), skip_version_check=True)
