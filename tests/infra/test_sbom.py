"""`make sbom`: valid CycloneDX, naming everything that is really shipped."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from local.children import ROOT
from local.template import ASSEMBLY, synthesize
from tools.sbom import main, pinned


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sbom")
    main(folder)
    return folder


def components(file: Path) -> set[str]:
    made: dict[str, Any] = json.loads(file.read_text())
    return {component["name"].lower().replace("_", "-") for component in made["components"]}


@pytest.mark.parametrize("name", ["functions", "media-worker", "pages", "probe"])
def test_it_is_valid(written: Path, name: str) -> None:
    text = (written / f"{name}.cdx.json").read_text()
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    assert JsonStrictValidator(version).validate_str(text) is None


def test_everything_in_the_functions_package_is_named(written: Path) -> None:
    synthesize()
    (package,) = (path for path in ASSEMBLY.glob("asset.*.zip"))
    held = zipfile.ZipFile(package).namelist()
    installed = {found[1] for name in held if (found := re.match(r"([^/]+)-[^/]+\.dist-info/", name))}
    assert len(installed) > 5
    assert {name.lower().replace("_", "-") for name in installed} <= components(written / "functions.cdx.json")
    assert "chalice" in components(written / "functions.cdx.json")


def test_everything_that_the_pages_import_is_named(written: Path) -> None:
    wanted = json.loads((ROOT / "web" / "package.json").read_text())["dependencies"]
    assert wanted.keys() <= components(written / "pages.cdx.json")


def test_a_lock_file_is_read_without_its_hashes() -> None:
    hashes = "\\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n"
    locked = f"# how\nboto3==1.2 {hashes}cffi==2.1 ; a != 'b' {hashes}"
    assert pinned(locked) == ["boto3==1.2", "cffi==2.1 ; a != 'b'"]
