"""`make fuzz`: every target for its share of so many minutes, with a corpus that grows in build/fuzz."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "build" / "fuzz"
TARGETS: Final = (
    "door",
    "message",
    "ticket",
    "entry",
    "token",
    "calendar",
    "wording",
    "packet",
    "signed",
    "offer",
    "told",
)
LONGEST: Final = 2_000
"""Bytes of an input."""
SEEDS: Final = 60


def fuzz(target: str, corpus: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run a target from a seeded corpus; what it finds is kept beside the corpus."""
    seed(corpus)
    command = [
        sys.executable,
        "-m",
        "tests.fuzz",
        target,
        f"-max_len={LONGEST}",
        "-len_control=0",
        "-rss_limit_mb=1024",
    ]
    command += [f"-artifact_prefix={corpus}-", *options, str(corpus)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def seed(corpus: Path) -> None:
    """Inputs to begin with, the same ones each time: what is picked by long random bytes is varied at once."""
    corpus.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)  # noqa: S311 - the same ones each time is what we want
    for number in range(SEEDS):
        (corpus / f"seed-{number}").write_bytes(chance.randbytes(chance.randrange(1, LONGEST)))


def main(minutes: float) -> int:
    """Exit status 1 when something was found: the input lies in build/fuzz, and its traceback is printed."""
    found = 0
    for target in TARGETS:
        print(f"{target} …", flush=True)
        done = fuzz(target, FOLDER / target, f"-max_total_time={int(minutes * 60 / len(TARGETS))}")
        if done.returncode:
            found = 1
            print(done.stdout[-4_000:])
    return found


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
