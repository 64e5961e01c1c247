"""The templates of every deployment of deployments.toml, synthesized once for all tests and processes."""

import json
import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from infra.deployment import FILE, Deployment, load
from infra.packaging import HERE, package
from local.template import BUILD, synthesize

ASSEMBLY: Final = BUILD / "deployments"
Resources = dict[str, dict[str, Any]]


class Deployed:
    """One stack of one deployment, as synthesized."""

    def __init__(self, deployment: Deployment, kind: str) -> None:
        self.deployment = deployment
        self.kind = kind
        self.name = f"{deployment.stack}-{kind}"
        self.file = ASSEMBLY / f"{self.name}.template.json"

    def __repr__(self) -> str:
        return self.name

    @cached_property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text())
        return found

    @cached_property
    def template(self) -> Template:
        return Template.from_json(self.body)

    @property
    def resources(self) -> Resources:
        found: Resources = self.body["Resources"]
        return found

    def setting(self, field: str) -> str:
        """What a core's functions are told of a field of Settings."""
        value: str = self.resources["APIHandler"]["Properties"]["Environment"]["Variables"][f"VENTEROM_{field.upper()}"]
        return value

    def of_type(self, kind: str) -> Resources:
        return {name: resource for name, resource in self.resources.items() if resource["Type"] == kind}


class Deployments:
    """All stacks: ``deployments["elvenes-prod", "core"]`` is one, ``of("core")`` are those of one kind."""

    def __init__(self, folder: Path) -> None:
        self.deployments = load(FILE.read_text())
        kinds = [
            (one, file.name.removesuffix(".template.json").removeprefix(f"{one.stack}-"))
            for one in self.deployments
            for file in sorted(folder.glob(f"{one.stack}-*.template.json"))
        ]
        self._stacks = {(f"{one.name}-{one.stage}", kind): Deployed(one, kind) for one, kind in kinds}

    def __getitem__(self, name: tuple[str, str]) -> Deployed:
        return self._stacks[name]

    def of(self, kind: str) -> list[Deployed]:
        return [stack for stack in self if stack.kind == kind]

    def __iter__(self):
        return iter(self._stacks.values())


@pytest.fixture(scope="session")
def deployments() -> Deployments:
    synthesize(ASSEMBLY, FILE)
    return Deployments(ASSEMBLY)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where packages of functions are made."""
    return tmp_path_factory.mktemp("functions")


@pytest.fixture(scope="session")
def task(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The functions' package for this machine, unpacked."""
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(package(build, HERE)) as archive:
        archive.extractall(folder)
    return folder
