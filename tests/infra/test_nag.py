"""cdk-nag (AwsSolutions, HIPAA) and cfn-lint say nothing of any stack that is not acknowledged, with a reason."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from infra.deployment import FILE as DEPLOYMENTS
from infra.deployment import load
from infra.nag import FILE, Acknowledged, Finding, acknowledged, findings, idle, unexplained
from local.template import BUILD
from tests.infra.conftest import Deployments

ROLE = Finding("AwsSolutions-IAM5[Resource::*]", "core", "Functions/SweepRole/DefaultPolicy/Resource", "one.dev")


@pytest.fixture(scope="module")
def found(deployments: Deployments) -> set[Finding]:
    """After all have been synthesized, for that packages into the same folder."""
    return findings(load(DEPLOYMENTS.read_text()), BUILD / "functions")


def test_every_finding_in_every_stack_is_acknowledged_with_a_reason(found: set[Finding]) -> None:
    assert unexplained(found, acknowledged(FILE.read_text())) == []


def test_nothing_is_acknowledged_that_is_not_found(found: set[Finding]) -> None:
    assert idle(found, acknowledged(FILE.read_text())) == []


def test_both_packs_looked_at_every_stack(found: set[Finding], deployments: Deployments) -> None:
    assert {one.deployment for one in found} == {f"{d.name}.{d.stage}" for d in deployments.deployments}
    assert {one.rule.partition("-")[0] for one in found} >= {"AwsSolutions", "HIPAA.Security"}


def test_cfn_lint_has_nothing_to_say_of_any_template(deployments: Deployments) -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    by_region = defaultdict(list)
    for stack in deployments:
        by_region[stack.deployment.region_of(stack.kind)].append(stack.file)
    for region, files in by_region.items():
        command = [linter, "--regions", region, "--", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_an_acknowledgement_is_of_its_rule_and_paths_only() -> None:
    here = Acknowledged(ROLE.rule, ("core/Functions/*Role/DefaultPolicy/Resource",), "why")
    assert unexplained([ROLE], [here]) == []
    for other in (
        Acknowledged("AwsSolutions-IAM5[Action::*]", here.paths, "why"),
        Acknowledged("AwsSolutions-IAM5", here.paths, "why"),
        Acknowledged(ROLE.rule, ("media/*", "core/State/*"), "why"),
    ):
        assert unexplained([ROLE], [other]) == [ROLE]
        assert idle([ROLE], [other]) == [(other.rule, path) for path in other.paths]


@pytest.mark.parametrize("entry", ['paths = ["core/*"]', 'paths = []\nreason = "why"', 'paths = ["a"]\nreason = " "'])
def test_an_acknowledgement_wants_paths_and_a_reason(entry: str) -> None:
    with pytest.raises(ValueError, match="AwsSolutions-S1"):
        acknowledged(f'[["AwsSolutions-S1"]]\n{entry}\n')
