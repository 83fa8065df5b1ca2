"""How it is written and tested: docstrings, a silent inside, tests that can fail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.rules.tree import Tree, bare, calls, functions, rule


@rule(
    mllab__no_module="x = 1",
    mllab__no_function="'''A module.'''\ndef public(): return 1",
    mllab__no_class="'''A module.'''\nclass Public: x = 1",
)
def public_things_have_docstrings(tree: Tree) -> Iterator[str]:
    public = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for path, module in [*tree.product(), *tree.under("cli.py", "__main__.py")]:
        if module.body and not ast.get_docstring(module):
            yield f"{path}: no module docstring"
        for node in module.body:
            named = isinstance(node, public) and not node.name.startswith("_")
            if named and not ast.get_docstring(node):
                yield f"{path}:{node.lineno}: {node.name} has no docstring"


@rule(
    mllab__prints="def f(): print('x')",
    components__ends="def f(): sys.exit(1)",
    mllab__raises="def f(): raise SystemExit(1)",
)
def only_the_command_line_speaks_and_ends(tree: Tree) -> Iterator[str]:
    forbidden = {"print", "input", "exit", "quit", "sys.exit", "SystemExit"}
    for path, module in tree.product():
        for line, name, _ in calls(module):
            if name in forbidden:
                yield f"{path}:{line}: {name}() below cli.py"


@rule(
    mllab__empty="def f() -> int:\n    '''Count.'''\n    ...",
    mllab__note="x = 1  # TO" + "DO",
    tests__note="raise NotImplemented" + "Error",
)
def nothing_is_unfinished(tree: Tree) -> Iterator[str]:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error)\b")
    for path, text in tree.files.items():
        for number, line in enumerate(text.splitlines(), 1):
            if words.search(line):
                yield f"{path}:{number}: {line.strip()}"
    for path, module in tree.product():
        promised = {
            id(part)
            for node in ast.walk(module)
            if isinstance(node, ast.ClassDef) and "Protocol" in map(bare, node.bases)
            for part in node.body
        }
        for node in functions(module):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if id(node) not in promised and [ast.unparse(line) for line in body] == ["..."]:
                yield f"{path}:{node.lineno}: {node.name} does nothing"


@rule(mllab__utils="x = 1", components__common__names="x = 1")
def files_are_named_after_what_they_do(tree: Tree) -> Iterator[str]:
    for path in tree.files:
        if {"utils", "common", "helpers", "misc"} & {
            PurePosixPath(p).stem for p in path.split("/")
        }:
            yield f"{path}: says nothing about what is in it"


@rule(mllab__x="where = '/home/" + "someone/project'")
def nothing_names_somebodys_machine(tree: Tree) -> Iterator[str]:
    """Homes of developers; ubuntu, ec2-user and lab live on the machines that are declared."""
    home = re.compile(
        r"(?<!\w)/(?:Users|home)/(?!(?:ubuntu|ec2-user|lab)\b)\w+|[A-Z]:\\+Users|\bfile:///"
    )
    for path, text in tree.files.items():
        for number, line in enumerate(text.splitlines(), 1):
            if found := home.search(line):
                yield f"{path}:{number}: {found[0]}"


@rule(tests__test_x="import time\ndef test_a(): time.sleep(1)")
def tests_do_not_sleep(tree: Tree) -> Iterator[str]:
    for path, module in tree.under("tests/"):
        for line, name, call in calls(module):
            gives_way = [ast.unparse(argument) for argument in call.args] == ["0"]
            if name.split(".")[-1] == "sleep" and not gives_way:
                yield f"{path}:{line}: {name}"


@rule(tests__test_x="def test_a(b):\n def check(v): assert v\n b.id.apply(check)\n")
def nothing_is_asserted_inside_apply(tree: Tree) -> Iterator[str]:
    """There it runs in a task whose failure may reach nobody: the test stays green."""
    for path, module in tree.under("tests/"):
        applied = {
            ast.unparse(argument)
            for _, name, call in calls(module)
            if name.endswith(".apply")
            for argument in call.args
        }
        for node in functions(module):
            asserts = any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
            if asserts and node.name in applied:
                yield f"{path}:{node.lineno}: {node.name} asserts inside apply"


@rule(tests__storage="def test_a(): assert 1 == 1", tests__sub__check_x="def test_b(): ...")
def every_test_is_collected(tree: Tree) -> Iterator[str]:
    for path, module in tree.under("tests/"):
        if not PurePosixPath(path).name.startswith("test_"):
            names = [node.name for node in functions(module) if node.name.startswith("test_")]
            yield from (f"{path}: {name} is never collected" for name in names)


@rule(tests__test_x="def test_a(x): x.run()")
def every_test_can_fail(tree: Tree) -> Iterator[str]:
    """A test asserts, expects an exception, or calls something of the test tree that does."""
    own = {node.name for _, module in tree.under("tests/") for node in functions(module)}
    for path, module in tree.under("tests/"):
        for node in functions(module):
            if node.name.startswith("test_"):
                names = {name.split(".")[-1] for _, name, _ in calls(node)}
                asserts = any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
                if not asserts and not names & (own | {"raises", "fail"}):
                    yield f"{path}:{node.lineno}: {node.name} cannot fail"
