"""The library as a package of its own: built, installed apart from Raindrop, and used."""

import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig

import pytest

from custom_components.raindrop import ddns

SITE_PACKAGES = sysconfig.get_path("purelib")
PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "raindrop-ddns"
version = "0"
requires-python = ">=3.12"
dependencies = ["aiohttp"]

[tool.setuptools.packages.find]
include = ["ddns*"]

[tool.setuptools.package-data]
ddns = ["py.typed"]
"""
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
USE = f"""
import sys, doctest, importlib, pkgutil
sys.path = [sys.argv[1], *(p for p in sys.path if "site-packages" not in p), {SITE_PACKAGES!r}]
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("homeassistant", "custom_components"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
import ddns
examples = doctest.testmod(ddns)
modules = [m.name for m in pkgutil.walk_packages(ddns.__path__, "ddns.")]
failed = sum(doctest.testmod(importlib.import_module(name)).failed for name in modules)
print(ddns.__file__.startswith(sys.argv[1]), examples.attempted > 0, examples.failed + failed)
"""


def run(folder: Path, program: str, *arguments: str) -> str:
    """Return the last line that a program prints in an isolated interpreter."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-I", "-B", "-c", program, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the library, alone in a folder, as a wheel."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copytree(
        Path(ddns.__file__).parent,
        folder / "ddns",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder / run(folder, BUILD)


def test_the_library_builds_and_its_examples_run(wheel: Path, tmp_path: Path) -> None:
    """Installed apart from Raindrop and without Home Assistant, every example works."""
    target = tmp_path / "site"
    shutil.unpack_archive(wheel, target, "zip")

    assert (target / "ddns" / "py.typed").exists()
    assert run(tmp_path, USE, str(target)) == "True True 0"
