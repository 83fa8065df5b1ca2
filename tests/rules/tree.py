"""What a rule of the house is: a function over source text, with a piece of code that breaks it.

A rule yields one line per fault. `test_rules.py` holds every rule against the project, and against
its own broken piece: a rule that cannot fail is no rule.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath


class Tree:
    """Source text by path relative to the project, with slashes."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)

    @cached_property
    def modules(self) -> dict[str, ast.Module]:
        """Syntax trees of all Python files."""
        return {p: ast.parse(text, p) for p, text in self.files.items() if p.endswith(".py")}

    def product(self) -> Iterator[tuple[str, ast.Module]]:
        """What is below the command line; programs that run on machines are no part of it."""
        yield from ((p, m) for p, m in self.under("components/", "mllab/") if "/files/" not in p)

    def under(self, *folders: str) -> Iterator[tuple[str, ast.Module]]:
        """Modules in folders."""
        yield from ((p, m) for p, m in self.modules.items() if p.startswith(folders))

    def clouds(self) -> set[str]:
        """Folders of components/ that hold roles."""
        parts = [PurePosixPath(p).parts for p in self.files]
        return {
            p[1] for p in parts if len(p) == 3 and p[0] == "components" and p[2] == "network.py"
        }


@dataclass(frozen=True)
class Rule:
    """A check, its name, and files each of which must make it complain."""

    name: str
    check: Callable[[Tree], Iterator[str]]
    broken: Mapping[str, str]


def rule(**broken: str) -> Callable[[Callable[[Tree], Iterator[str]]], Rule]:
    """Make a rule of a function; the keywords are files that break it (`__` stands for `/`)."""
    files = {name.replace("__", "/") + ".py": text for name, text in broken.items()}
    return lambda check: Rule(check.__name__, check, files)


def imported(tree: ast.AST) -> Iterator[str]:
    """Full names of everything imported, anywhere in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.AST) -> Iterator[tuple[int, str, ast.Call]]:
    """Line, dotted name and node of every call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func), node


def component_classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """Classes that derive from pulumi.ComponentResource."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and "ComponentResource" in map(bare, node.bases):
            yield node


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def bare(base: ast.expr) -> str:
    """A base class without its package and its type arguments."""
    return ast.unparse(base).split("[")[0].split(".")[-1]
