"""The functions' package: what is in it, how large it may be, and that it runs by itself as it is trimmed."""

import json
import struct
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import botocore.session
import msgspec
import pytest

from chalicelib.aws import Service
from chalicelib.settings import Settings
from infra.budgets import PACKAGE_BYTES
from infra.deployment import FILE, load
from infra.packaging import AWS, HERE, Target, is_needed, package

MACHINES = {"x86_64": 62, "arm64": 183}  # e_machine of an ELF file
REGIONS = sorted({deployment.region for deployment in load(FILE.read_text())} | {"eu-central-1", "eu-west-3"})
TARGETS = pytest.mark.parametrize("target", [HERE, AWS], ids=["here", "aws"])


@pytest.fixture(scope="module")
def inside(task: Path) -> dict[str, Any]:
    """What inside.py saw in the package."""
    environment = {f"VENTEROM_{f.name.upper()}": "x" for f in msgspec.structs.fields(Settings) if f.required} | {
        "AWS_REGION": "eu-north-1",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "VENTEROM_PUSH_ENDPOINT": "https://api.example/api",
    }
    script = Path(__file__).with_name("inside.py")
    command: list[str | Path] = [sys.executable, "-I", "-S", script, task, *REGIONS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    saw: dict[str, Any] = json.loads(done.stdout)
    return saw


def names(build: Path, target: Target) -> list[str]:
    with zipfile.ZipFile(package(build, target)) as archive:
        return archive.namelist()


@TARGETS
def test_it_is_small(build: Path, target: Target) -> None:
    assert package(build, target).stat().st_size <= PACKAGE_BYTES


@TARGETS
def test_the_same_sources_make_the_same_bytes(build: Path, target: Target) -> None:
    first = package(build, target).read_bytes()
    again = package.__wrapped__(build, target).read_bytes()
    assert first == again


@TARGETS
def test_it_holds_what_the_functions_need_and_no_more(build: Path, target: Target) -> None:
    held = names(build, target)
    top = {name.partition("/")[0] for name in held}
    assert {"app.py", "chalicelib", "chalice", "msgspec", "pynamodb", "joserfc", "tzdata", "cryptography"} <= top
    assert "chalicelib/texts/nb.json" in held
    assert not top & {
        "aiortc", "av", "aiohttp", "media_worker", "infra", "local", "tests", "moto", "pytest",
        "bin", "boto3", "cffi", "pip", "pycparser", "s3transfer", "setuptools",
    }  # fmt: skip
    data = {PurePosixPath(name).parts[2] for name in held if name.startswith("botocore/data/") and name.count("/") > 2}
    assert data == set(Service)
    assert len(held) == len(set(held))


@TARGETS
def test_every_part_keeps_its_licence(build: Path, target: Target) -> None:
    held = names(build, target)
    parts = {name.partition("/")[0] for name in held if ".dist-info/" in name}
    assert any(part.startswith("chalice-") for part in parts)
    for part in parts:
        assert [name for name in held if name.startswith(f"{part}/") and ("LICEN" in name or "licenses" in name)], part


@TARGETS
def test_what_is_compiled_is_compiled_for_its_machine(build: Path, target: Target) -> None:
    with zipfile.ZipFile(package(build, target)) as archive:
        libraries = [name for name in archive.namelist() if name.endswith(".so")]
        assert libraries
        for name in libraries:
            (machine,) = struct.unpack_from("<H", archive.read(name), 18)
            assert machine == MACHINES[target.architecture], name
            assert f"cpython-{target.python.replace('.', '')}-" in name or ".abi3." in name, name


def test_both_targets_hold_the_same_sources(build: Path) -> None:
    ours = ("app.py", "chalicelib/", "chalice/", "botocore/", "pynamodb/")
    here, there = ([name for name in names(build, target) if name.startswith(ours)] for target in (HERE, AWS))
    assert here == there


def test_it_runs_with_nothing_else_and_everything_that_wiring_makes_is_made(inside: dict[str, Any]) -> None:
    assert inside["routes"] > 20
    assert {"store", "push", "sms", "mail", "scheduler", "sealed", "erasures", "signaling"} <= set(inside["made"])
    assert inside["signs"] == "RSA"
    assert inside["outside"] == []


def test_the_trimmed_list_of_endpoints_leads_where_the_whole_one_does(inside: dict[str, Any]) -> None:
    make = partial(botocore.session.Session().create_client, aws_access_key_id="x", aws_secret_access_key="x")
    whole = {f"{s} {region}": make(s, region_name=region).meta.endpoint_url for s in Service for region in REGIONS}
    assert inside["endpoints"] == whole


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("botocore/data/sns/2010-03-31/service-2.json.gz", True),
        ("botocore/data/ec2/2016-11-15/service-2.json.gz", False),
        ("botocore/data/sns/2010-03-31/examples-1.json", False),
        ("botocore/data/partitions.json", True),
        ("botocore-1.0.dist-info/LICENSE.txt", True),
        ("botocore-1.0.dist-info/RECORD", False),
        ("cffi/api.py", False),
        ("cffi-2.1.dist-info/licenses/LICENSE", True),
        ("msgspec/_core.pyi", False),
        ("msgspec/__init__.py", True),
    ],
)
def test_a_file_is_needed_when_a_function_or_its_licence_wants_it(path: str, needed: bool) -> None:
    assert is_needed(PurePosixPath(path)) is needed
