#!/usr/bin/env python3
"""Fuzz everything that reads bytes from outside: the targets of fuzz/fuzz_targets, guided by coverage (libFuzzer).

    tools/fuzz_parsers.py [--seconds 5] [TARGET ...]
    tools/fuzz_parsers.py --again TARGET FILE

Builds them with stable Rust and the instrumentation of LLVM that is in it, collects inputs to begin with from the samples and
policies of the repository, and runs each target for so many seconds. An input that panics, breaks what a target asserts, takes
longer than --timeout or more than --memory ends with 1; the input is kept, and what is said shows how to run it again. What was
found to reach new code is kept in fuzz/target/corpus and begun with the next time.
"""

import argparse
import base64
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "fuzz" / "target"
SAMPLES = ROOT / "crates" / "wire" / "samples"
POLICY = ROOT / "policy"
# What cargo-fuzz gives to nightly Rust, without the sanitizers, which stable Rust does not have.
FLAGS = ["--cfg=fuzzing", "-Cpasses=sancov-module"] + [
    f"-Cllvm-args=-sanitizer-coverage-{what}" for what in ["level=4", "inline-8bit-counters", "pc-table", "trace-compares"]
]
# The longest inputs that are tried, in bytes; a policy file has to fit.
LONGEST = {"policy": 1 << 16, "bank": 1 << 15, "words": 200}
LONGEST_OTHERWISE = 1 << 14


def main() -> int:
    targets = sorted(path.stem for path in (ROOT / "fuzz" / "fuzz_targets").glob("*.rs"))
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(targets)}; all if none is named")
    arguments.add_argument("--seconds", type=int, default=5, help="for each target (%(default)s)")
    arguments.add_argument("--timeout", type=int, default=10, help="the most seconds for one input (%(default)s)")
    arguments.add_argument("--memory", type=int, default=1024, help="the most megabytes for one target (%(default)s)")
    arguments.add_argument("--seed", type=int, default=20261122, help="of the random numbers; 0 for others each time")
    arguments.add_argument("--again", nargs=2, metavar=("TARGET", "FILE"), help="run one input and show what it says")
    options = arguments.parse_args()
    wanted = [options.again[0]] if options.again else options.targets or targets
    unknown = set(wanted) - set(targets)
    if unknown:
        sys.exit(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(targets)}")
    programs = build(wanted)
    if options.again:
        return run_again(programs, options)
    failed = [target for target in wanted if not fuzz(programs / target, target, options)]
    if failed:
        print(f"fuzzing of parsers: {', '.join(failed)}")
    return 1 if failed else 0


def build(targets: list[str]) -> Path:
    """Builds the targets, and says where they lie."""
    if not (os.environ.get("CXX") or shutil.which("c++")):
        sys.exit("there is no C++ compiler for libFuzzer (Debian: apt-get install g++)")
    said = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    host = re.search(r"^host: (.+)$", said, re.MULTILINE).group(1)
    environment = os.environ | {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(FLAGS)}
    # With a target named, the flags are not for build scripts and macros.
    command = ["cargo", "build", "--release", "--quiet", "--manifest-path", str(ROOT / "fuzz" / "Cargo.toml")]
    command += ["--target", host, "--target-dir", str(HOME)] + [part for target in targets for part in ("--bin", target)]
    began = time.monotonic()
    if subprocess.run(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL).returncode != 0:
        sys.exit("the fuzz targets could not be built")
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)
    return HOME / host / "release"


def fuzz(program: Path, target: str, options) -> bool:
    corpus, seeds, findings = (HOME / folder / target for folder in ["corpus", "seeds", "findings"])
    shutil.rmtree(seeds, ignore_errors=True)
    for folder in [corpus, seeds, findings]:
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds_of(target)):
        (seeds / f"{number:04}").write_bytes(seed)
    words = HOME / "seeds" / f"{target}.dict"
    words.write_text("".join(f'"{word}"\n' for word in words_of(target)))
    command = [
        str(program), str(corpus), str(seeds), f"-max_total_time={options.seconds}", f"-timeout={options.timeout}",
        f"-rss_limit_mb={options.memory}", f"-max_len={LONGEST.get(target, LONGEST_OTHERWISE)}", f"-dict={words}",
        f"-artifact_prefix={findings}/", f"-seed={options.seed}", "-print_final_stats=1", "-reload=0",
    ]  # fmt: skip
    log = HOME / f"{target}.log"
    began = time.monotonic()
    with log.open("wb") as output:
        code = subprocess.run(
            command,
            env=os.environ | {"RUST_BACKTRACE": "0"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: bounded(options.memory),
        ).returncode
    took = time.monotonic() - began
    said = log.read_text(errors="replace")
    if code == 0:
        status = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", said)
        covered = "{} edges, {} features, {} inputs kept".format(*status[-1]) if status else "nothing covered"
        runs = re.search(r"number_of_executed_units: (\d+)", said)
        print(f"{target}: nothing found in {took:.0f} s, {runs.group(1) if runs else '?'} inputs, {covered}", flush=True)
        return True
    print(f"{target}: FOUND SOMETHING (the log is {log.relative_to(ROOT)})")
    why = re.search(r"panicked at .*?(?=^(?:==|note: run|stack backtrace))|^==\d+== ERROR.*?$", said, re.MULTILINE | re.DOTALL)
    print((why.group(0).strip() if why else said)[-4_000:])
    written = re.search(r"Test unit written to (\S+)", said)
    if written:
        found = Path(written.group(1))
        content = found.read_bytes()
        if len(content) <= 2_000:
            print(f"in Base64: {base64.b64encode(content).decode()}")
        print(f"again: tools/fuzz_parsers.py --again {target} {found.relative_to(ROOT)}", flush=True)
    return False


def bounded(megabytes: int):
    """No allocation succeeds beyond that, so that one large one is found as well as many small ones."""
    most = (megabytes + 512) << 20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def run_again(programs: Path, options) -> int:
    target, file = options.again
    command = [str(programs / target), f"-timeout={options.timeout}", f"-rss_limit_mb={options.memory}", file]
    return subprocess.run(command, preexec_fn=lambda: bounded(options.memory)).returncode


def seeds_of(target: str) -> list[bytes]:
    """What a target begins with: what the repository has of what it reads."""

    def files(folder: Path, pattern: str) -> list[bytes]:
        return [path.read_bytes() for path in sorted(folder.glob(pattern)) if path.is_file()]

    def of(mark: str, contents: list[bytes], lines: int | None = None) -> list[bytes]:
        return [mark.encode() + b"\n".join(content.split(b"\n")[:lines]) for content in contents]

    match target:
        case "hospital":
            return files(SAMPLES, "*.json") + files(SAMPLES, "*.txt")
        case "transactions":
            # One of each transaction, with a row of good values.
            return [bytes([0, number]) + b"\1" * 400 for number in range(121)] + [b"\xff01\0110101194106189151\0\0"]
        case "peer":
            return files(SAMPLES / "peer", "*.json") + files(SAMPLES / "adapter", "*.json")
        case "policy":
            national = POLICY / "national"
            return (
                of("p", files(POLICY, "[0-9]*/3[19]0.toml"))
                + of("n", files(national, "account.toml"))
                + of("c", files(POLICY, "[0-9]*/catalog.csv"), 30)
                + of("s", files(POLICY, "*/split.toml"))
                + of("t", files(POLICY, "420100/*.cases.md"), 40)
                + of("a", files(national, "audit.toml"))
                + of("r", files(national, "clearing.toml"))
                + of("h", files(national, "chart.toml"))
                + of("w", files(ROOT / "crates" / "terms" / "src", "working_days.tsv"), 40)
            )
        case "upload":
            return of("z", archives()) + of("f", forms()) + of("l", [LIST, b"\xef\xbb\xbfsetl_id\tmdtrt_id\r\n" + LIST]) + of("x", [LIST, b"PK"]) + of("w", workbooks()) + of("m", PAPERS)
        case "bank":
            return files(ROOT / "crates" / "wire" / "tests" / "bank", "*.xml")
        case "gateway":
            return gateway_seeds()
        case "words":
            words = {word for content in files(SAMPLES, "*.json") + files(SAMPLES / "peer", "*.json") for word in leaves(content)}
            return [word.encode() for word in sorted(words) if len(word) <= 60][:1_500] + [word.encode() for word in WORDS]
        case "management":
            return [mark + body.encode() for mark in [b"p", b"i", b"m", b"d"] for body in BODIES] + [
                b"x" + bytes([number]) + body.encode() for number in range(45) for body in BODIES[-2:]
            ]
    return []


WORDS = [
    "-12.05", "1e9", "1.5E-1", "2026-11-22", "2026-11-22 09:00:00", "2026-11-22T09:00:00.123", "9999-12-31", "0000-01-01",
    "-009999-01-01T00:00:00", "110101194106189151", "420000-310000", "100000", "chronic[M03900].0.paid.310100", "share:8000",
]  # fmt: skip
BODIES = [
    '{"certno":"110101194106189151","name":"王某甲","enrolments":[{"scheme":"employee","insured":"110101","person_type":"12",'
    '"standing":"in_force","since":"2001-01-01","balance":"12.50","classes":["civil_servant"]}]}',
    '{"name":"示范医院","level":"tertiary","place":"420106","open":true,"authentication":"sm2-sm4","access_key":"AK900000001",'
    '"secret":"0123456789abcdeffedcba9876543210","public_key":"04"}',
    '[{"scheme":"employee","purse":"310100","amount":"12.50"}]',
    '{"pair":"420000-310000","settlements":["420000179530260000000000000002"],"reason":"原因"}',
    '{"reason":"原因","day":"2026-11-22","amount":"12.50","scheme":"employee","month":202611}',
]
LIST = "420000179530260000000000000002\t420000179526000000000000000001\t9001\t100.00\t70.00\tnull\t0\n".encode()


def leaves(content: bytes) -> set[str]:
    """The texts and numbers of a sample."""
    found = set()

    def look(value):
        if isinstance(value, dict):
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)
        elif isinstance(value, (str, int, float)):
            found.add(str(value))

    try:
        look(json.loads(content))
    except ValueError:
        pass
    return found


def archives() -> list[bytes]:
    """Archives as others make them, right ones and wrong ones."""

    def packed(entries: list[tuple[str, bytes]], method=zipfile.ZIP_DEFLATED, comment=b"") -> bytes:
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", method) as archive:
            for name, text in entries:
                archive.writestr(zipfile.ZipInfo(name), text, method)
            archive.comment = comment
        return memory.getvalue()

    one = packed([("a.txt", LIST)])
    return [
        one,
        packed([("a.txt", LIST)], zipfile.ZIP_STORED),
        packed([("../../etc/a.txt", LIST)], comment=b"PK\5\6 a comment"),
        packed([("a.txt", LIST), ("b.txt", LIST)]),
        packed([("a.csv", LIST)]),
        packed([("a.txt", bytes(1 << 20))]),
        packed([("a.txt", LIST)], zipfile.ZIP_BZIP2),
        one[:-30],
        b"x" * 100 + one,
    ]


# Papers of filings: a document, a photograph and a picture, each as short as it can be.
PAPERS = [
    b"%PDF-1.4\n%%EOF\n",
    b"\xff\xd8\xff\xe0\0\x10JFIF\xff\xd9",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\0IEND\xaeB`\x82",
]


def workbooks() -> list[bytes]:
    """Workbooks of one sheet, stored so that what is changed in them is not lost in packing."""
    parts = {
        "xl/workbook.xml": b'<workbook><sheets><sheet id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": b'<Relationships><Relationship Id="r1" Target="s.xml"/></Relationships>',
        "xl/sharedStrings.xml": b"<sst><si><t>a</t></si></sst>",
        "xl/s.xml": b'<worksheet><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="str"><v>&#x4e2d;</v></c></row></worksheet>',
    }
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", method) as archive:
            for name, text in parts.items():
                archive.writestr(zipfile.ZipInfo(name), text, method)
        made.append(memory.getvalue())
    return made


def forms() -> list[bytes]:
    message = (SAMPLES / "9101-req-1.json").read_bytes()
    part = b'--x-9\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    return [part % (b"jsonStr", message) + part % (b"file", archive) + b"--x-9--\r\n" for archive in archives()[:2]]


def gateway_seeds() -> list[bytes]:
    cases = json.loads((ROOT / "crates" / "sign" / "src" / "vectors.json").read_bytes())
    texts = ["\0".join(str(value) for value in case.values()) for kind in cases.values() if isinstance(kind, list) for case in kind if isinstance(case, dict)]
    known = "2304\0001.0.0\0001795302600000\0AK900000001\0+tPI59PKcb0t3NtAWPni5tvts+k=\0"
    return [bytes([kind]) + text.encode() for kind in range(9) for text in texts[:6] + [known]]


def words_of(target: str) -> list[str]:
    """Words that a target's inputs are made of: names of fields, and numbers of transactions."""

    def names(folder: Path, pattern: str, expression: str) -> list[str]:
        found = {name for path in folder.glob(pattern) for name in re.findall(expression, path.read_text(errors="replace"))}
        return sorted(name for name in found if name.isascii())

    source = ROOT / "crates"
    match target:
        case "hospital" | "upload":
            return names(SAMPLES, "*.json", r'"(\w+)"\s*:') + names(source / "wire/src/hospital", "table.rs", r'"(\w{4,6})"')
        case "peer":
            return names(SAMPLES, "*/*.json", r'"(\w+)"\s*:')
        case "policy":
            return names(POLICY, "*/*.toml", r"(\w+) = ")
        case "bank":
            return names(source / "wire/tests/bank", "camt053.xml", r"<(\w+)")
        case "management":
            return names(source / "wire/src", "api/*.rs", r"pub (\w+):") + names(source / "wire/src", "api.rs", r"pub (\w+):")
    return ["2026-11-22", "e-1"]


if __name__ == "__main__":
    sys.exit(main())
