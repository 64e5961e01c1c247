"""Holds every stack against cdk-nag's AwsSolutions and HIPAA packs and the CDK's own checks.

`python -m infra.nag DEPLOYMENTS.toml`. What they find must be mended, or stand in infra/acknowledged.toml with its
reason; what stands there and is not found any more must go.
"""

import json
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import cdk_nag
from aws_cdk import App, Validations

from infra.app import deploy
from infra.deployment import Deployment, load

FILE: Final = Path(__file__).with_name("acknowledged.toml")


@dataclass(frozen=True, order=True)
class Finding:
    """What a rule says of one construct."""

    rule: str
    """With what exactly in brackets, where a rule finds several things in one construct."""
    stack: str
    """Of which kind: core, media, web, operations or abroad."""
    path: str
    """Of the construct, inside its stack."""
    deployment: str


@dataclass(frozen=True)
class Acknowledged:
    """What a rule finds at these paths (with `*` and `?`), and why that is right."""

    rule: str
    paths: tuple[str, ...]
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return fnmatchcase(_literal(finding.rule), _literal(self.rule)) and any(
            fnmatchcase(f"{finding.stack}/{finding.path}", path) for path in self.paths
        )


def acknowledged(text: str) -> list[Acknowledged]:
    """The entries of the file. Raises ValueError for one without paths or reason."""
    found = []
    for rule, entries in tomllib.loads(text).items():
        for entry in entries:
            if entry.keys() != {"paths", "reason"} or not entry["paths"] or not entry["reason"].strip():
                raise ValueError(f"{rule}: wants paths and a reason")
            found.append(Acknowledged(rule, tuple(entry["paths"]), entry["reason"]))
    return found


def findings(deployments: Sequence[Deployment], build: Path) -> set[Finding]:
    """What both packs, and the CDK itself, find in all stacks of these deployments, packaged in ``build``."""
    with TemporaryDirectory() as out:
        app = App(outdir=out, analytics_reporting=False)
        for deployment in deployments:
            deploy(app, deployment, build)
        packs = cdk_nag.AwsSolutionsChecks(app), cdk_nag.HIPAASecurityChecks(app)
        Validations.of(app).add_plugins(*packs)
        try:
            app.synth()
        except RuntimeError as error:  # the CDK's only way to say that there are findings; they stand in its report
            if "ValidationFailed" not in str(error):
                raise
        report = json.loads(Path(out, "validation-report.json").read_text())
    return set(_read(report, {one.stack: f"{one.name}.{one.stage}" for one in deployments}))


def unexplained(found: Iterable[Finding], known: Sequence[Acknowledged]) -> list[Finding]:
    """Findings that nobody has acknowledged."""
    return sorted(one for one in found if not any(entry.covers(one) for entry in known))


def idle(found: Iterable[Finding], known: Sequence[Acknowledged]) -> list[tuple[str, str]]:
    """Acknowledgements, as rule and path, of what is not found."""
    every = set(found)
    return [
        (entry.rule, path)
        for entry in known
        for path in entry.paths
        if not any(Acknowledged(entry.rule, (path,), entry.reason).covers(one) for one in every)
    ]


def _read(report: Mapping[str, Any], names: Mapping[str, str]) -> Iterable[Finding]:
    for violation in (v for plugin in report["pluginReports"] for v in plugin["violations"]):
        for construct in violation["violatingConstructs"]:
            stack, _, path = construct["constructPath"].partition("/")
            prefix, _, kind = stack.rpartition("-")
            yield Finding(violation["ruleName"], kind, path, names[prefix])


def _literal(rule: str) -> str:
    """A rule's name for fnmatch: its brackets are brackets."""
    return rule.replace("[", "(").replace("]", ")")


def main(file: Path) -> int:
    """Print what is unexplained and what is idle; how many there are."""
    build = Path(__file__).parent.parent / "build" / "functions"
    build.mkdir(parents=True, exist_ok=True)
    found, known = findings(load(file.read_text()), build), acknowledged(FILE.read_text())
    lines = {f"{one.rule}  {one.stack}/{one.path}" for one in unexplained(found, known)}
    lines |= {f"Acknowledged, but not found: {rule}  {path}" for rule, path in idle(found, known)}
    print(*sorted(lines), sep="\n")
    return len(lines)


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
