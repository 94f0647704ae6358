#!/usr/bin/env python3
"""Run all tests: the programs that cargo has built of them, some beside each other.

    tools/run_tests.py [--at-once 2] [--again-on FOLDER]

`cargo test` runs one program of tests after the other, and most of them wait more than they work: for a node that was killed, a
line that is slow, a database that starts. Here the longest begin first, and what each says comes whole when it has ended. With
--again-on, those that are about the database run once more on the PostgreSQL whose programs are in that folder. Ends with 1 if
anything failed; one program's tests alone are `cargo test -p country --test stories`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CARGO = os.environ.get("CARGO") or shutil.which("cargo") or "cargo"
# What takes longest, the longest first; all others are a matter of seconds.
LONGEST = ["stories", "kill"]
# The crate whose tests are about the database.
OF_THE_DATABASE = "store"


class Program:
    """What is run: a program of tests, or cargo for those in the documentation."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: dict[str, str]):
        self.name = name
        self.command = command
        self.folder = folder
        self.environment = environment
        self.failed = False

    def run(self) -> None:
        began = time.monotonic()
        say(f"== {self.name}: begun")
        environment = {**os.environ, **self.environment}
        ran = subprocess.run(
            self.command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        self.failed = ran.returncode != 0
        how = f"FAILED ({ran.returncode})" if self.failed else "ok"
        say(f"== {self.name}: {how} after {time.monotonic() - began:.0f} s\n{ran.stdout.strip()}\n")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--at-once", type=int, default=2, help="so many programs beside each other (%(default)s)")
    arguments.add_argument("--again-on", metavar="FOLDER", help="the programs of a second PostgreSQL")
    options = arguments.parse_args()
    programs = built()
    if options.again_on:
        again = [one for one in programs if one.environment["CARGO_PKG_NAME"] == OF_THE_DATABASE]
        second = {"YIDI_POSTGRES_BIN": options.again_on}
        programs += [
            Program(f"{one.name} on {options.again_on}", one.command, one.folder, {**one.environment, **second})
            for one in again
        ]
    programs.append(Program("documentation", [CARGO, "test", "--workspace", "--doc"], ROOT, {}))
    waiting = iter(sorted(programs, key=lambda one: LONGEST.index(one.name) if one.name in LONGEST else len(LONGEST)))
    taking = threading.Lock()

    def work() -> None:
        while True:
            with taking:
                program = next(waiting, None)
            if program is None:
                return
            program.run()

    # Whoever interrupts this interrupts what it has started, and nothing more is.
    workers = [threading.Thread(target=work, daemon=True) for _ in range(max(1, options.at_once))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    failed = [one.name for one in programs if one.failed]
    if failed:
        say(f"== FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def built() -> list[Program]:
    """The programs of tests, built if they are not; each runs where cargo would run it, and knows what cargo would tell it."""
    command = [CARGO, "test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if ran.returncode != 0:
        sys.exit(ran.stderr)
    programs = []
    for line in ran.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] != "compiler-artifact" or not message["executable"] or not message["profile"]["test"]:
            continue
        folder, target = Path(message["manifest_path"]).parent, message["target"]
        package = folder.name
        environment = {"CARGO": CARGO, "CARGO_MANIFEST_DIR": str(folder), "CARGO_PKG_NAME": package}
        is_inside = target["kind"] != ["test"]
        name = f"{package}, inside" if is_inside else target["name"]
        programs.append(Program(name, [message["executable"]], folder, environment))
    if not programs:
        sys.exit("cargo has built no tests")
    return sorted(programs, key=lambda one: one.name)


SAYING = threading.Lock()


def say(text: str) -> None:
    """What several say does not mix."""
    with SAYING:
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
