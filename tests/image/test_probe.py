"""The probe's image: built from its Dockerfile on Debian, run as its user in a root that cannot be written."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from local.children import free_port
from tests.image import engine

NOWHERE = f"http://127.0.0.1:{free_port()}"
TOLD = {
    "VENTEROM_PROBE_ORIGIN": NOWHERE,
    "VENTEROM_PROBE_ISSUER": NOWHERE,
    "VENTEROM_PROBE_KEY": "only-for-this-test",
    "VENTEROM_PROBE_FILE": "/dev/shm/status.json",  # noqa: S108 - memory, and the only place that can be written
}


@pytest.fixture(scope="module")
def probe() -> Iterator[engine.Container]:
    engine.require_root()
    image = engine.build(
        "probe",
        "probe/Dockerfile",
        ".",
        ("probe", "client", "media_worker", "chalicelib"),
        BASE=engine.base(),
        BUILD_BASE=engine.toolchain(),
    )
    with engine.container(image) as container:
        yield container


def run(probe: engine.Container, env: dict[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(
        probe.command(env=env), capture_output=True, text=True, timeout=engine.PATIENCE, check=False
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_it_holds_what_it_needs_of_ours_and_nothing_else(probe: engine.Container) -> None:
    app = probe.root / "app"
    assert {path.name for path in app.iterdir()} == {"chalicelib", "client", "media_worker", "probe"}
    assert not (app / "chalicelib" / "store.py").exists()
    owned = [path for path in probe.root.rglob("*") if not path.is_symlink() and path.lstat().st_uid == 10003]
    assert owned == [], "its user can write nothing"


def test_without_settings_it_says_what_is_missing(probe: engine.Container) -> None:
    assert run(probe, {}) == (2, "", "Object missing required field `origin`\n")


def test_where_nothing_answers_it_says_so_and_ends(probe: engine.Container) -> None:
    status, said, errors = run(probe, TOLD)
    line = json.loads(said)
    assert (status, errors, line["ProbeOk"], line["cause"]) == (1, "", 0, "page")
    assert set(line["parts"].values()) == {"fault"}
    assert "only-for-this-test" not in said
