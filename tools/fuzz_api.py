#!/usr/bin/env python3
"""Fuzz every HTTP interface of a running province by its own description.

    tools/fuzz_api.py [--seconds 90] [--program target/release/yidi]

Starts `yidi sandbox`, takes /api/openapi.json of its two kinds of node, and lets schemathesis make requests of all operations,
right ones and wrong ones, for a bounded time. Ends with 1 if any answer is a 5xx or is not what the description says, or if
the program stops or says that it was in an impossible state.

schemathesis comes from PyPI, at the version below, into target/fuzz. Where no package can be had, this says so in one line and
ends well. To move to another version: change PACKAGE.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PACKAGE = "schemathesis==4.32.5"

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "target" / "fuzz"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
TOKEN = "yidi-sandbox-token"
# What schemathesis is told to send: an institution without a signature, people and places that the sandbox knows. What is
# free text in the description would be refused by the envelope nearly always, and never get further.
HEAD = {
    "fixmedins_code": ["H42010600002"],
    "mdtrtarea_admvs": ["420106", "420100"],
    "insuplc_admdvs": ["110101", "110000"],
    "inf_time": [""],
}
class CannotFetch(Exception):
    """Why there is no schemathesis, in one line."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=int, default=90)
    arguments.add_argument("--program", type=Path, default=ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / "yidi")
    arguments.add_argument("--seed", type=int, default=20261122)
    options = arguments.parse_args()
    try:
        schemathesis, environment = tool()
    except CannotFetch as why:
        print(f"{PACKAGE} could not be fetched ({why}); the interfaces were not fuzzed.")
        return 0
    if not options.program.exists():
        print(f"{options.program} is not there: cargo build --release -p yidi")
        return 1
    return fuzz(schemathesis, environment, options)


def tool() -> tuple[list[str], dict]:
    """How schemathesis is called, after it was installed if it was not."""
    mark = HOME / "installed"
    program = HOME / "venv" / "bin" / "schemathesis"
    packages = HOME / "packages"
    if not (mark.exists() and mark.read_text() == PACKAGE):
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(parents=True)
        # Some systems have Python without what a venv needs: there a folder of packages does.
        made = subprocess.run([sys.executable, "-m", "venv", HOME / "venv"], capture_output=True, text=True)
        if made.returncode == 0:
            install([str(HOME / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", PACKAGE])
        else:
            shutil.rmtree(HOME / "venv", ignore_errors=True)
            install([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(packages), PACKAGE])
        mark.write_text(PACKAGE)
    if program.exists():
        return [str(program)], dict(os.environ)
    return [sys.executable, "-m", "schemathesis.cli"], os.environ | {"PYTHONPATH": str(packages)}


def install(command: list[str]) -> None:
    """Runs pip. Where it has no version of the package at all, it reaches nothing; where it lacks this one, the pin is wrong."""

    def pip(command: list[str]) -> subprocess.CompletedProcess:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)

    try:
        ended = pip(command)
        if ended.returncode == 0:
            return
        said = (ended.stderr.strip().splitlines() or ["pip failed"])[-1]
        with tempfile.TemporaryDirectory() as folder:
            name = PACKAGE.partition("==")[0]
            any_version = pip(command[:3] + ["download", "--quiet", "--no-deps", "--dest", folder, name])
    except (OSError, subprocess.TimeoutExpired) as why:
        raise CannotFetch(str(why)) from why
    if any_version.returncode == 0:
        sys.exit(f"pip: {said}")
    raise CannotFetch(said)


def fuzz(schemathesis: list[str], environment: dict, options) -> int:
    port = free_ports()
    log = HOME / "sandbox.log"
    with log.open("wb") as output:
        sandbox = subprocess.Popen(
            [options.program, "sandbox", "--port", str(port)], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        nodes = {"hub": f"http://127.0.0.1:{port + 1}", "province": f"http://127.0.0.1:{port + 3}"}
        for url in nodes.values():
            wait_for(f"{url}/health", sandbox, log)
        failed = []
        for role, url in nodes.items():
            seconds = max(10, options.seconds * (1 if role == "hub" else 5) // 6)
            if not run(schemathesis, environment, role, url, seconds, options.seed):
                failed.append(role)
        if sandbox.poll() is not None:
            failed.append(f"the sandbox ended with {sandbox.returncode}")
    finally:
        sandbox.terminate()
        try:
            sandbox.wait(60)
        except subprocess.TimeoutExpired:
            sandbox.kill()
    said = log.read_text(errors="replace").splitlines()
    broken = [line for line in said if "impossible state" in line or "panicked at" in line]
    if broken:
        failed.append("an impossible state")
        print("\n".join(broken[:20]))
    if failed:
        print(f"fuzzing: {', '.join(failed)} (the log is {log.relative_to(ROOT)})")
        return 1
    return 0


def run(schemathesis: list[str], environment: dict, role: str, url: str, seconds: int, seed: int) -> bool:
    with urllib.request.urlopen(f"{url}/api/openapi.json", timeout=30) as answer:
        document = json.load(answer)
    operations = sum(len(methods) for methods in document["paths"].values())
    aim(document)
    schema = HOME / f"{role}.json"
    schema.write_text(json.dumps(document, ensure_ascii=False))
    command = schemathesis + [
        "run", str(schema), "--url", url, "--header", f"Authorization:Bearer {TOKEN}",
        "--checks", CHECKS, "--phases", "examples,fuzzing", "--max-examples", "5", "--max-time", str(seconds), "--workers", "2",
        "--request-timeout", "20", "--suppress-health-check", "all", "--no-shrink", "--seed", str(seed), "--warnings", "off",
    ]  # fmt: skip
    print(f"{role}: {operations} operations, at most {seconds} seconds", flush=True)
    log = HOME / f"{role}.log"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=HOME, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        try:
            code = process.wait(seconds + 60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = "no end"
    took = time.monotonic() - began
    if code == 0:
        print(f"{role}: nothing found in {took:.0f} s")
        return True
    print(log.read_text(errors="replace")[-8_000:])
    return False


def aim(document: dict) -> None:
    """Puts what the sandbox knows where the description has free text."""

    def narrow(schema: dict) -> None:
        for name, values in HEAD.items():
            if name in schema.get("properties", {}):
                schema["properties"][name] = {"enum": values}
                if name not in schema.get("required", []):
                    schema.setdefault("required", []).append(name)

    narrow(document.get("components", {}).get("schemas", {}).get("AnyMessage", {}))
    for methods in document["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            narrow(content.get("schema", {}))
            # The samples are of other places and days.
            content.pop("examples", None)


def free_ports() -> int:
    """A port that is free with the three after it, as far as one can know."""
    for port in range(20_000 + os.getpid() % 10_000, 40_000, 4):
        try:
            for one in range(port, port + 4):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", one))
            return port
        except OSError:
            continue
    sys.exit("no free ports")


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"the sandbox did not start:\n{log.read_text(errors='replace')[-2_000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"{url} does not answer")


if __name__ == "__main__":
    sys.exit(main())
