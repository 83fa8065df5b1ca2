"""How the project is built: layout, direction of imports, the form of components."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from mllab.clouds.registry import CLOUDS
from tests.rules.tree import Tree, calls, component_classes, imported, rule

ROLES = {
    "network": "Network",
    "storage": "Storage",
    "registry": "Registry",
    "notebook": "Notebook",
    "cluster": "Cluster",
    "budget": "Budget",
}
LINES = 300


@rule(mllab__long="x = 1\n" * (LINES + 1))
def files_stay_short(tree: Tree) -> Iterator[str]:
    for path, text in tree.files.items():
        if path.endswith((".py", ".sh")) and (lines := text.count("\n")) > LINES:
            yield f"{path}: {lines} lines; stop at {LINES}, split by what it does"


@rule(components__a="from mllab.errors import LabError", mllab__b="import cli")
def imports_go_one_way(tree: Tree) -> Iterator[str]:
    """cli -> mllab -> components, and no cloud knows another."""
    above = {"components/": ("mllab", "cli", "tests"), "mllab/": ("cli", "tests")}
    for folder, forbidden in above.items():
        for path, module in tree.under(folder):
            for name in imported(module):
                if name.split(".")[0] in forbidden:
                    yield f"{path}: imports {name}, which is above it"
    for cloud in tree.clouds():
        others = tuple(f"components.{other}." for other in tree.clouds() - {cloud})
        for path, module in tree.under(f"components/{cloud}/"):
            yield from (
                f"{path}: imports {n}" for n in imported(module) if f"{n}.".startswith(others)
            )


@rule(
    mllab__engines__other="from pulumi import automation",
    mllab__engines__pulumi__one="import pulumi.automation as auto",
    cli="from pulumi.automation import errors",
)
def one_file_imports_the_automation_api(tree: Tree) -> Iterator[str]:
    importers = [
        (path, name)
        for path, module in [*tree.product(), *tree.under("cli.py", "__main__.py", "benchmarks/")]
        for name in imported(module)
        if f"{name}.".startswith("pulumi.automation.")
    ]
    for path, name in importers:
        if not path.startswith("mllab/engines/pulumi"):
            yield f"{path}: imports {name}; only the pulumi engine does"
    for path in sorted({path for path, _ in importers})[1:]:
        yield f"{path}: a second file that imports the Automation API"


@rule(mllab__simulated__x="import boto3")
def nothing_but_the_engine_reaches_a_cloud(tree: Tree) -> Iterator[str]:
    """But for questions: whose account it is, and what is in it."""
    clients = ("boto3", "botocore", "azure", "google.cloud", "requests", "httpx", "urllib3")
    for path, module in tree.product():
        if path.startswith("mllab/accounts/"):
            continue
        for name in imported(module):
            if f"{name}.".startswith(tuple(f"{client}." for client in clients)):
                yield f"{path}: imports {name}; only the Pulumi engine talks to a cloud"


# Each room imports only what stands to the right of it; docs/architecture.md shows the same.
ROOMS = (
    ("commands",), ("show", "readme"), ("lifecycle",), ("stackfiles",), ("session",),
    ("simulated",), ("local",), ("money",), ("rules",), ("engines",), ("program",), ("settings",),
    ("clouds",), ("accounts",), ("protocol",), ("errors", "clock", "wording"),
)  # fmt: skip
RANK = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}


@rule(
    mllab__engines__a="from mllab.simulated import account",
    mllab__lifecycle__b="from mllab.show.console import say",
    mllab__unknown__c="x = 1",
)
def rooms_import_to_the_right_only(tree: Tree) -> Iterator[str]:
    for path, module in tree.under("mllab/"):
        here = path.removesuffix(".py").split("/")[1]
        if here == "__init__":
            continue
        if here not in RANK:
            yield f"{path}: {here} is no room of ROOMS"
            continue
        for name in imported(module):
            parts = name.split(".")
            there = parts[1] if parts[0] == "mllab" and len(parts) > 1 else here
            if there != here and there in RANK and RANK[there] <= RANK[here]:
                yield f"{path}: imports {name}, which stands to the left of {here} or beside it"


@rule(mllab__engines__pulumi__x="from mllab.engines.embedded import store")
def engines_do_not_know_each_other(tree: Tree) -> Iterator[str]:
    pairs = (("pulumi", "embedded"), ("embedded", "pulumi"))
    for one, other in pairs:
        for path, module in tree.under(f"mllab/engines/{one}"):
            for name in imported(module):
                if f"{name}.".startswith(f"mllab.engines.{other}."):
                    yield f"{path}: imports {name}; what both need stands in protocol"


CLOUD_ROWS = (
    "mllab/clouds/registry.py",
    "mllab/lifecycle/rehearsal.py",
    "mllab/program.py",
    "mllab/session/opening.py",
    "mllab/settings/clouds.py",
    "mllab/settings/lab.py",
)
"""Where each cloud has a row or a section, besides files that are named after it."""

NO_ROWS = ("mllab/rules/policies.py", "mllab/rules/removal.py")
"""Of AWS alone: how its policy documents are read, and a type that nobody declares."""


@rule(
    mllab__lifecycle__a="def f(cloud):\n  match cloud:\n    case 'aws':\n      return 1",
    mllab__session__b="X = {'aws': 1, 'gcp': 2}",
    mllab__show__c="def f(lab):\n  return lab.cloud == 'azure'",
    mllab__settings__d="X = 'aws:ec2/instance:Instance'",
    mllab__rules__e="from mllab.rules import gcp",
    components__f="X = {'azure': 'eastus'}",
)
def clouds_are_named_in_their_rooms_only(tree: Tree) -> Iterator[str]:
    """A further cloud is files and folders of its own, and a row in each of CLOUD_ROWS."""
    clouds = tree.clouds() | set(CLOUDS)
    packages = tuple(f"{cloud.package}:" for cloud in CLOUDS.values())
    for path, module in tree.under("mllab/", "components/"):
        if path in CLOUD_ROWS + NO_ROWS or clouds & set(path.removesuffix(".py").split("/")):
            continue
        for node in ast.walk(module):
            if not isinstance(node, ast.Constant):
                continue
            text = str(node.value)
            if text in clouds or text.startswith(packages):
                yield f"{path}:{node.lineno}: names {text!r}; ask clouds/registry.py"
        for name in imported(module):
            if clouds & set(name.split(".")):
                yield f"{path}: imports {name}, which is of one cloud; ask clouds/registry.py"


@rule(components__aws__x="opts = pulumi.ResourceOptions(parent=self).merge(opts)")
def options_are_never_merged(tree: Tree) -> Iterator[str]:
    for path, module in tree.product():
        for line, name, _ in calls(module):
            if name.endswith(".merge"):
                yield f"{path}:{line}: merged options hand children to the caller's parent"


@rule(
    components__aws__network="class Network(pulumi.ComponentResource):\n"
    " def __init__(self): super().__init__('mllab:gcp:Network', 'x')"
)
def tokens_name_cloud_and_role(tree: Tree) -> Iterator[str]:
    for cloud in tree.clouds():
        for path, module in tree.under(f"components/{cloud}/"):
            for node in component_classes(module):
                wanted = f"mllab:{cloud}:{node.name}"
                texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
                if wanted not in texts:
                    yield f"{path}:{node.lineno}: {node.name} lacks the token {wanted}"


@rule(components__aws__network="class Net(pulumi.ComponentResource): ...")
def every_cloud_has_the_same_roles(tree: Tree) -> Iterator[str]:
    for cloud in tree.clouds():
        for file, name in ROLES.items():
            path = f"components/{cloud}/{file}.py"
            module = tree.modules.get(path, ast.Module([], []))
            found = [node.name for node in component_classes(module)]
            if found != [name]:
                yield f"{path}: wants exactly the component {name}, has {found}"


@rule(components__x="class A(pulumi.ComponentResource):\n  '''What it is.\n\n  Args: x.\n  '''")
def components_say_what_they_give_and_cost(tree: Tree) -> Iterator[str]:
    for path, module in tree.under("components/"):
        sections = ("Args", "Outputs") + (("Cost", "Source") if path.count("/") == 2 else ())
        for node in component_classes(module):
            text = ast.get_docstring(node) or ""
            for section in sections:
                if not re.search(rf"^\s*{section}:", text, re.M):
                    yield f"{path}:{node.lineno}: {node.name} says nothing under {section}:"
