"""Unpack Debian packages into a folder, without installing them and without being root."""

from __future__ import annotations

from pathlib import Path
import re
import shutil

from tools import CommandError, run

PYTHON_SUITE = "forky"
PYTHON_PACKAGES = [
    *("python3.14", "python3.14-minimal", "python3.14-venv", "python3.14-dev"),
    *("libpython3.14", "libpython3.14-minimal", "libpython3.14-stdlib", "libpython3.14-dev"),
    *("libc6", "libgcc-s1", "libssl3t64", "libsqlite3-0", "libffi8", "libexpat1", "libexpat1-dev"),
    *("libbz2-1.0", "liblzma5", "libncursesw6", "libtinfo6", "libreadline8t64", "libuuid1"),
    *("libzstd1", "zlib1g", "zlib1g-dev", "libdb5.3t64"),
    *("tzdata", "netbase", "media-types", "openssl-provider-legacy"),
]
"""Python and every library it loads: the machine's own may be too old for it."""

COMPLETE = ".complete"
"""Stands in a folder where Python is ready; without it, a run was interrupted."""


def unpacked_python(folder: Path) -> Path | None:
    """Return the Python that an earlier run unpacked."""
    return folder / "usr/bin/python3.14" if (folder / COMPLETE).exists() else None


def unpack_python(folder: Path, patchelf: list[str]) -> None:
    """Unpack Debian testing's Python beside its libraries, and point it at them."""
    unpack(PYTHON_PACKAGES, folder, PYTHON_SUITE)
    python = folder / "usr/bin/python3.14"
    loader_name = Path(run(*patchelf, "--print-interpreter", python)).name
    loader = next(folder.glob(f"usr/lib/*/{loader_name}"))
    own_libraries = ["--force-rpath", "--set-rpath", str(loader.parent)]
    # The loader and libc start everything else: they must stay as they are.
    libraries = [
        path
        for path in folder.glob("usr/lib/**/*.so*")
        if path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(("ld-linux", "libc.so"))
    ]
    run(*patchelf, *own_libraries, *libraries)
    run(*patchelf, "--set-interpreter", loader, *own_libraries, python)
    # Debian keeps pyconfig.h apart; without this link no C extension compiles.
    for headers in folder.glob("usr/include/*-linux-gnu*"):
        (folder / "usr/include/python3.14" / headers.name).symlink_to(Path("..") / headers.name)
    run(python, "-c", "import bz2, ctypes, lzma, readline, sqlite3, ssl")
    (folder / COMPLETE).touch()


def unpack(packages: list[str], folder: Path, suite: str | None = None) -> None:
    """Download packages, of the machine's own suite or another, and unpack them afresh."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise CommandError("this is not a Debian machine (it has no apt-get)")
    work = folder.with_name(f"{folder.name}.apt")
    for stale in (work, folder):
        shutil.rmtree(stale, ignore_errors=True)
    for name in ("sources", "lists/partial", "cache/archives/partial", "packages"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources" / f"machine{_machine_source().suffix}").write_text(_source(suite))
    apt = ["apt-get", "-qq", *_private_state(work)]
    try:
        run(*apt, "update")
        run(*apt, "download", *packages, cwd=work / "packages")
        for package in sorted((work / "packages").glob("*.deb")):
            run("dpkg-deb", "--extract", package, folder)
    finally:
        shutil.rmtree(work)


def _private_state(work: Path) -> list[str]:
    """Return the options which keep apt away from the machine's own lists and caches."""
    return [
        f"-o{option}"
        for option in (
            "Dir::Etc::sourcelist=/dev/null",
            f"Dir::Etc::sourceparts={work}/sources",
            f"Dir::State={work}",
            f"Dir::State::status={work}/status",
            f"Dir::Cache={work}/cache",
            # root's apt would download as a user who may not enter the clone.
            "APT::Sandbox::User=root",
            # Without it, apt is content with a mirror it cannot reach.
            "APT::Update::Error-Mode=any",
            "Acquire::Languages=none",
            "Acquire::Retries=2",
            "Acquire::http::Timeout=20",
        )
    ]


def _machine_source() -> Path:
    """Return the file that names the machine's mirror, as new or as old releases write it."""
    folder = Path("/etc/apt/sources.list.d")
    for path in (
        folder / "debian.sources",
        folder / "ubuntu.sources",
        folder.parent / "sources.list",
    ):
        if path.exists():
            return path
    raise CommandError("apt-get is here, but its sources name no Debian mirror")


def _source(suite: str | None) -> str:
    """Return the machine's first source, with its suite replaced if another one is wanted."""
    text = _machine_source().read_text()
    if _machine_source().suffix == ".sources":
        first = text.strip().split("\n\n")[0] + "\n"
        return re.sub(r"(?m)^Suites:.*$", f"Suites: {suite}", first) if suite else first
    if found := re.search(r"(?m)^deb\s+(\[.*?\]\s+)?(\S+)\s+(\S+)\s+(.+)$", text):
        options, mirror, own_suite, components = found.groups(default="")
        return f"deb {options}{mirror} {suite or own_suite} {components}\n"
    raise CommandError("apt-get is here, but its sources name no Debian mirror")
