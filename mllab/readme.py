"""Renews the generated parts of PAGES: `python -m mllab.readme`. A test holds them fresh."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from components import catalog
from components.environment import ROLES
from components.files import probes, watchdog
from mllab.clouds.registry import CLOUDS, HERE
from mllab.errors import LabError
from mllab.rules import finding, waivers
from mllab.rules.judge import RULES
from mllab.settings import reference
from mllab.wording import counted, table

PAGES: Final = (
    "README.md",
    "docs/commands.md",
    "docs/local.md",
    "docs/machine.md",
    "docs/real-account.md",
    "docs/rehearsal.md",
    "docs/review.md",
    "docs/roles.md",
    "docs/rules.md",
    "docs/settings.md",
)
STACK: Final = "aws-course"
DAY: Final = "2027-01-11"
COLUMNS: Final = "100"
SLIPS: Final = """\
config:
  aws:region: us-east1
  mllab:lab: {cloud: aws, owner: instructor@example.edu, starts: "2027-02-05", ends: "2027-01-11"}
  mllab:notebook: {size: gpu-smal, disk_gb: 20, idle_minute: 60}
  mllab:budget: {limit_usd: 0}
"""
_BLOCK: Final = re.compile(r"(<!-- made: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_COST: Final = re.compile(r"^Cost: (.*?)^Source:", re.DOTALL | re.MULTILINE)
_ACT: Final = re.compile(r" ?\d+  ")
_CUT: Final = "    ..."
_WALL: Final = re.compile(r"(?:\d+ min )?[\d.]+ s wall")
_MAIN: Final = "import sys; sys.argv[0] = 'mllab'; import cli; cli.main()"


def fresh(text: str, root: Path) -> str:
    """The text with every part between `<!-- made: name -->` and `<!-- end -->` made anew.

    Raises:
        KeyError: a marker names a part that nobody makes.
    """

    def renewed(part: re.Match[str]) -> str:
        new = f"{part[1]}\n{MAKERS[part['name']](root)}\n\n{part[3]}"
        return part[0] if timeless(part[0]) == timeless(new) else new

    return _BLOCK.sub(renewed, text)


def settings(_: Path) -> str:
    """One row per setting, in the order of the stack file."""
    rows = []
    for one in reference.settings():
        default = "required" if one.required else f"`{one.default}`" if one.default else ""
        keys = dict.fromkeys(one.written_key(cloud) for cloud in one.clouds)
        key = ", ".join(f"`{key}`" for key in keys)
        rows.append((key, one.limits or one.kind, default, one.text))
    return table(("setting", "values", "default", "what it does"), rows)


def sizes(_: Path) -> str:
    """One row per size: what it promises, and the machine behind it on every cloud."""
    head = ("size", "what it promises", *(cloud.title for cloud in CLOUDS.values()))
    rows = [
        (f"`{size}`", promise, *(_machine(cloud, size) for cloud in CLOUDS))
        for size, promise in catalog.SIZES.items()
    ]
    return table(head, rows)


def _machine(cloud: str, size: str) -> str:
    if size not in catalog.sizes(cloud):
        return "not offered"
    one = catalog.machine(cloud, size)
    gpu = f"{one.gpus} x {one.gpu} {one.gpu_memory_gib} GB, " if one.gpus else ""
    others = f" (else {', '.join(one.fallbacks)})" if one.fallbacks else ""
    return f"`{one.type}`: {gpu}{one.vcpus} vCPU, {one.memory_gib} GB{others}"


def roles(root: Path) -> str:
    """One row per role: its outputs, and how many resources of which types the course labs have."""
    labs = {cloud: _declared(root, f"{cloud}-course") for cloud in CLOUDS}
    rows = []
    for role, contract in ROLES.items():
        outputs = ", ".join(f"`{name}`" for name in contract.__annotations__)
        here = (counted(_below(role, f"{cloud}-course", found)) for cloud, found in labs.items())
        rows.append((f"**{role}**", outputs, *here))
    titles = (cloud.title for cloud in CLOUDS.values())
    head = ("role", "outputs, the same on every cloud", *titles)
    return table(head, rows)


def _declared(root: Path, stack: str) -> Mapping[str, Any]:
    """What a lab declares, by urn."""
    plan = said(root, "preview", stack, "--simulate", "--json", "--today", DAY)
    return {one["urn"]: one for one in json.loads(plan)["resources"]}


def _below(role: str, lab: str, resources: Mapping[str, Any]) -> list[str]:
    """Short types of the custom resources that have the role's component above them."""
    short = []
    for one in resources.values():
        above = one["parent"]
        while above and not above.endswith(f":{role.capitalize()}::{lab}-{role}"):
            above = resources.get(above, {}).get("parent", "")
        if above and one["custom"] and not one["type"].startswith("pulumi:"):
            _, module, name = one["type"].split(":")
            short.append(f"{module.split('/')[0]}.{name}")
    return short


def asleep(root: Path) -> str:
    """One row per role: what it costs when nobody works, as its component says."""
    rows = []
    for role, words in (*((role, role) for role in ROLES), ("managed", "notebook, managed")):
        files = (root / "components" / cloud / f"{role}.py" for cloud in CLOUDS)
        rows.append((f"**{words}**", *(_cost(file) for file in files)))
    return table(("role", *(cloud.title for cloud in CLOUDS.values())), rows)


def differences(root: Path) -> str:
    """What is otherwise on this machine: one row per role, one per setting without a meaning."""
    folder = root / "components" / HERE.name
    docs = (_docs(folder / f"{role}.py")[-1].partition("\n\n")[0] for role in ROLES)
    rows = ((f"**{role}**", " ".join(doc.split())) for role, doc in zip(ROLES, docs, strict=True))
    return table(("role or setting", "on this machine"), [*rows, *reference.refused()])


def _cost(file: Path) -> str:
    """What the component of a file says under `Cost:`."""
    told = next(found for doc in _docs(file) if (found := _COST.search(doc)))
    return " ".join(told[1].split())


def _docs(file: Path) -> list[str]:
    """What the classes of a module say of themselves."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [ast.get_docstring(one) or "" for one in tree.body if isinstance(one, ast.ClassDef)]


def use(_: Path) -> str:
    """One row per kind of evidence: what the watchdog counts as use, and from where on."""
    rows = []
    for name, probe in (*probes.EVIDENCE.items(), *probes.ORDERS.items()):
        text = " ".join((probe.__doc__ or "").split("\n\n")[0].split())
        limits = [f"`{key}={value}`" for key, value in watchdog.NUMBERS.items() if key in text]
        rows.append((f"**{name}**", text, ", ".join(limits)))
    return table(("evidence", "counts as use when", "setting"), rows)


def commands(root: Path) -> str:
    """The help page."""
    return _console("mllab --help", said(root, "--help"))


def rehearsal(root: Path) -> str:
    """What a rehearsal prints."""
    return _console(f"mllab rehearse {STACK} -v", said(root, "rehearse", STACK, "-v"))


def excerpt(root: Path) -> str:
    """A rehearsal in eight lines: whose it is, its first three acts and its last, the sum."""
    head, *lines = filter(None, said(root, "rehearse", STACK).splitlines())
    acts = [line for line in lines if _ACT.match(line)]
    return _console(
        f"mllab rehearse {STACK}", "\n".join([head, *acts[:3], _CUT, *acts[-1:], lines[-1]])
    )


def cost(root: Path) -> str:
    """What a lab costs: the table, the budget, and the change that saves most."""
    stack = "gcp-course"
    lines = said(root, "cost", stack, "--today", DAY).splitlines()
    end = next(at for at, line in enumerate(lines) if line.startswith("total")) + 1
    after = next(at for at, line in enumerate(lines) if line.startswith("Budget"))
    last = next(at for at, line in enumerate(lines) if line.startswith("It reckons"))
    table = [line for line in lines[:end] if line]
    return _console(f"mllab cost {stack}", "\n".join([*table, _CUT, *lines[after:last], _CUT]))


@cache
def review(root: Path) -> str:
    """A change of a lab, and what a reviewer sees of it."""
    commit = "git init -qb main && git add . && git -c user.name=a -c user.email=a commit -qm labs"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "stacks", f"Pulumi.{STACK}.yaml")
        file.parent.mkdir()
        Path(folder, "Pulumi.yaml").write_bytes((root / "Pulumi.yaml").read_bytes())
        committed = (root / "stacks" / file.name).read_text("utf-8")
        text = committed.replace("[shared]", "[ann, bob, cy]")
        file.write_text(text, encoding="utf-8")
        subprocess.run(commit, cwd=folder, shell=True, check=True)
        text = text.replace(", cy]", "]").replace("gpu-small", "gpu-multi", 1)
        file.write_text(text, encoding="utf-8")
        words = said(root, "review", "--today", DAY, folder=Path(folder))
    # Which commit it is differs from run to run.
    return _console("mllab review", re.sub(r"(?s)Compared: .*?\n\n", f"{_CUT}\n", words))


def timeless(text: str) -> str:
    """A text without wall times, which differ from run to run; only what remains can be stale."""
    return _WALL.sub("… s wall", text)


def faults(root: Path) -> str:
    """A file full of slips, and what is said about it."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "stacks").mkdir()
        (project / "stacks" / "Pulumi.slips.yaml").write_text(SLIPS, encoding="utf-8")
        (project / "Pulumi.yaml").write_bytes((root / "Pulumi.yaml").read_bytes())
        words = said(root, "check", "slips", "--today", "2027-01-01", folder=project, code=2)
    return f"```yaml\n{SLIPS}```\n\n{_console('mllab check slips', words)}"


def rules(_: Path) -> str:
    """One row per rule."""
    rows = [
        (
            f"`{one.id}`",
            "always" if one.profiles == finding.BOTH else ", ".join(one.profiles),
            one.reason,
            one.fix,
            ", ".join(one.links),
        )
        for one in RULES
    ]
    return table(("rule", "error in", "without it", "what puts it right", "also known as"), rows)


def exceptions(_: Path) -> str:
    """One row per waiver of a rule."""
    rows = [
        (f"`{one.rule}`", one.profile, f"`{one.resource}`", str(one.until), one.reason)
        for one in waivers.read()
    ]
    return table(("rule", "profile", "resources", "until", "why"), rows)


MAKERS: Final[Mapping[str, Callable[[Path], str]]] = {
    made.__name__: made
    for made in (
        *(settings, sizes, roles, asleep, use, commands, cost, rehearsal, excerpt, faults),
        *(review, rules, exceptions, differences),
    )
}


def said(root: Path, *words: str, folder: Path | None = None, code: int = 0) -> str:
    """What the command prints where its output is no terminal, with an empty state of its own.

    Raises:
        LabError: it ended with another code; what it said is in the message.
    """
    with tempfile.TemporaryDirectory() as home:
        own = {"MLLAB_HOME": home, "COLUMNS": COLUMNS, "NO_COLOR": "1", "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", _MAIN, *words],
            cwd=folder or root,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    if done.returncode != code:
        raise LabError(f"mllab {' '.join(words)} ended with {done.returncode}\n{done.stderr}")
    return done.stderr if code else done.stdout


def _console(command: str, output: str) -> str:
    lines = "\n".join(line.rstrip() for line in output.strip("\n").splitlines())
    return f"```console\n$ {command}\n{lines}\n```"


if __name__ == "__main__":
    here = Path(__file__).parent.parent
    for page in (here / name for name in PAGES):
        page.write_text(fresh(page.read_text(encoding="utf-8"), here), encoding="utf-8")
