"""Builds the wheel: `cli.py`, `components/` and `examples/` go below `mllab`, so that one name is
installed.

All else is in pyproject.toml. In the repository they stand at the top, where one looks for them,
and are imported by those names; in an environment that others share, `cli` and `components` would
take the place of other people's modules. A mapping by `package-dir` cannot change the imports, so
these are rewritten in the copy that is packed.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

MOVED = ("components", "examples", "cli.py")
IMPORT = re.compile(r"^( *)(from|import) (components|cli)\b", re.MULTILINE)


class BuildPy(build_py):
    """Copies the modules, then moves what stands at the top."""

    def run(self) -> None:
        top = Path(self.build_lib)
        if not self.editable_mode:
            shutil.rmtree(top, ignore_errors=True)  # nothing of an earlier build
        super().run()
        if self.editable_mode:
            return
        for name in MOVED:
            (top / name).rename(top / "mllab" / name)
        for module in (top / "mllab").rglob("*.py"):
            if "files" not in module.relative_to(top).parts:  # those run elsewhere, alone
                text = module.read_text(encoding="utf-8")
                module.write_text(IMPORT.sub(r"\1\2 mllab.\3", text), encoding="utf-8")


class BdistWheel(bdist_wheel):
    """Says what is installed: one name, and where the command is."""

    def write_wheelfile(self, wheelfile_base: str, *args: object) -> None:
        super().write_wheelfile(wheelfile_base, *args)
        if self.distribution.get_command_obj("editable_wheel", create=False):
            return  # nothing is moved there
        told = Path(wheelfile_base)
        (told / "top_level.txt").write_text("mllab\n", encoding="utf-8")
        commands = (told / "entry_points.txt").read_text(encoding="utf-8")
        moved = commands.replace("= cli:", "= mllab.cli:")
        (told / "entry_points.txt").write_text(moved, encoding="utf-8")


setup(cmdclass={"build_py": BuildPy, "bdist_wheel": BdistWheel})
