"""Unpack Debian packages into a folder, without installing them and without root."""

from __future__ import annotations

from pathlib import Path
import re
import shutil

from commands import CommandError, run

PYTHON_SUITE = "forky"
PYTHON_PACKAGES = [
    *("python3.14", "python3.14-minimal", "python3.14-venv", "python3.14-dev"),
    *("libpython3.14", "libpython3.14-minimal", "libpython3.14-stdlib", "libpython3.14-dev"),
    *("libc6", "libgcc-s1", "libssl3t64", "libsqlite3-0", "libffi8", "libexpat1", "libexpat1-dev"),
    *("libbz2-1.0", "liblzma5", "libncursesw6", "libtinfo6", "libreadline8t64", "libuuid1"),
    *("libzstd1", "zlib1g", "zlib1g-dev", "libdb5.3t64"),
    *("tzdata", "netbase", "media-types", "openssl-provider-legacy"),
]
"""Python and every library it loads: those of the machine may be too old."""

COMPLETE = ".complete"
"""The file that marks a complete Python; if it is missing, a run was interrupted."""


def unpacked_python(folder: Path) -> Path | None:
    """Return the Python that an earlier run unpacked, if it is complete."""
    return folder / "usr/bin/python3.14" if (folder / COMPLETE).exists() else None


def unpack_python(folder: Path, patchelf: list[str]) -> None:
    """Unpack Debian testing's Python with its libraries, and make it load them."""
    unpack(PYTHON_PACKAGES, folder, PYTHON_SUITE)
    python = folder / "usr/bin/python3.14"
    loader_name = Path(run(*patchelf, "--print-interpreter", python)).name
    loader = next(folder.glob(f"usr/lib/*/{loader_name}"))
    rpath = ["--force-rpath", "--set-rpath", str(loader.parent)]
    # With a modified loader or libc, no program starts.
    libraries = [
        path
        for path in folder.glob("usr/lib/**/*.so*")
        if path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(("ld-linux", "libc.so"))
    ]
    run(*patchelf, *rpath, *libraries)
    run(*patchelf, "--set-interpreter", loader, *rpath, python)
    # Debian keeps pyconfig.h in another folder; C extensions do not compile without these links.
    for headers in folder.glob("usr/include/*-linux-gnu*"):
        (folder / "usr/include/python3.14" / headers.name).symlink_to(Path("..") / headers.name)
    run(python, "-c", "import bz2, ctypes, lzma, readline, sqlite3, ssl")
    (folder / COMPLETE).touch()


def unpack(packages: list[str], folder: Path, suite: str | None = None) -> None:
    """Replace a folder with the content of packages from a suite, by default the machine's."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise CommandError("this machine is not based on Debian (apt-get is missing)")
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
    """Return the options with which apt leaves the machine's lists and caches alone."""
    return [
        f"-o{option}"
        for option in (
            "Dir::Etc::sourcelist=/dev/null",
            f"Dir::Etc::sourceparts={work}/sources",
            f"Dir::State={work}",
            f"Dir::State::status={work}/status",
            f"Dir::Cache={work}/cache",
            # As root, apt would download as a user without access to the clone.
            "APT::Sandbox::User=root",
            # By default, apt succeeds even if it cannot reach the mirror.
            "APT::Update::Error-Mode=any",
            "Acquire::Languages=none",
            "Acquire::Retries=2",
            "Acquire::http::Timeout=20",
        )
    ]


def _machine_source() -> Path:
    """Return the file that names the machine's mirror, in the new or the old format."""
    folder = Path("/etc/apt/sources.list.d")
    for path in (
        folder / "debian.sources",
        folder / "ubuntu.sources",
        folder.parent / "sources.list",
    ):
        if path.exists():
            return path
    raise CommandError("apt-get is installed, but no Debian mirror is configured")


def _source(suite: str | None) -> str:
    """Return the machine's first package source, with its suite replaced if one is given."""
    text = _machine_source().read_text()
    if _machine_source().suffix == ".sources":
        first = text.strip().split("\n\n")[0] + "\n"
        return re.sub(r"(?m)^Suites:.*$", f"Suites: {suite}", first) if suite else first
    if found := re.search(r"(?m)^deb\s+(\[.*?\]\s+)?(\S+)\s+(\S+)\s+(.+)$", text):
        options, mirror, machine_suite, components = found.groups(default="")
        return f"deb {options}{mirror} {suite or machine_suite} {components}\n"
    raise CommandError("apt-get is installed, but no Debian mirror is configured")
