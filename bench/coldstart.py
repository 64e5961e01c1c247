"""`make bench-coldstart`: the size of the functions' package, and what importing app.py costs a fresh interpreter."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from typing import Final

from local.template import ASSEMBLY, BUILD, synthesize

RUNS: Final = 9
IMPORT: Final = "import time, sys; sys.path.insert(0, sys.argv[1]); {}; print(time.process_time() * 1000)"


def cpu_ms(folder: str, statement: str) -> float:
    """Median CPU time, in ms, of fresh interpreters that run ``statement`` over the package unpacked in ``folder``."""
    command = [sys.executable, "-I", "-c", IMPORT.format(statement), folder]
    environment = {"AWS_DEFAULT_REGION": "eu-north-1", "PATH": os.environ["PATH"]}
    return statistics.median(
        float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
        for _ in range(RUNS)
    )


def main() -> None:
    """Measure the package that the template deploys."""
    synthesize()
    assets = json.loads((ASSEMBLY / "venterom.assets.json").read_text())["files"].values()
    package = next(ASSEMBLY / a["source"]["path"] for a in assets if a["source"]["path"].endswith(".zip"))
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
        unpacked = sum(entry.file_size for entry in archive.infolist())
        # Byte code is made at a function's first import and stays: the first, unmeasured run makes it here too.
        subprocess.run([sys.executable, "-m", "compileall", "-q", folder], check=False, capture_output=True)
        bare, whole = cpu_ms(folder, "pass"), cpu_ms(folder, "import app")
    figures = {
        "import_cpu_ms": round(whole, 1),
        "interpreter_cpu_ms": round(bare, 1),
        "package_bytes": package.stat().st_size,
        "unpacked_bytes": unpacked,
        "python": ".".join(map(str, sys.version_info[:3])),
        "runs": RUNS,
    }
    for name, value in figures.items():
        print(f"{name:20}{value:>15}")
    target = BUILD / "bench" / "coldstart.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
