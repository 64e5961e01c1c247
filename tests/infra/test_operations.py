"""What wakes people: every alarm has its runbook and every runbook its alarm, and what both name exists."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from chalicelib.metrics import KINDS, NAMESPACE, SYSTEM, Metric
from chalicelib.settings import Settings
from infra.alarms import RUNBOOKS
from infra.deployment import Deployment, Workers
from infra.levels import FAST, LEVELS, SLOW, STEADY
from infra.operations import TRACED
from infra.queries import QUERIES, WORKERS_ONLY, WORKERS_TOO
from infra.watches import CERTIFICATE_DAYS
from tests.infra.conftest import Deployed, Deployments

BY_MAIL = frozenset({"budget", "README"})
"""Pages of what AWS Budgets tells; and the list of all."""
MAKE = re.compile(r"`make ([a-z-]+)")
OUTPUT = re.compile(r"outputs? `(\w+)`")


@pytest.fixture(params=["elvenes-dev", "elvenes-prod", "fjordane-prod"])
def operations(request: pytest.FixtureRequest, deployments: Deployments) -> Deployed:
    return deployments[request.param, "operations"]


def alarms(stack: Deployed) -> dict[str, dict[str, Any]]:
    """Every alarm, told or a part of one, by its name without the deployment's."""
    found = {}
    for kind in ("Alarm", "CompositeAlarm"):
        for resource in stack.of_type(f"AWS::CloudWatch::{kind}").values():
            of = resource["Properties"]
            found[of["AlarmName"].removeprefix(f"{stack.deployment.stack}-")] = of
    return found


def told(stack: Deployed) -> dict[str, dict[str, Any]]:
    return {name: of for name, of in alarms(stack).items() if of.get("AlarmActions")}


def stats(of: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The metrics that an alarm looks at, each with its statistic and period."""
    if "MetricName" in of:
        yield {"Metric": of, "Stat": of.get("Statistic") or of.get("ExtendedStatistic"), "Period": of["Period"]}
    yield from (query["MetricStat"] for query in of.get("Metrics", []) if "MetricStat" in query)


@pytest.fixture
def abroad(operations: Deployed, deployments: Deployments) -> Deployed:
    of = operations.deployment
    return deployments[f"{of.name}-{of.stage}", "abroad"]


def test_alarms_and_runbooks_are_one_to_one(operations: Deployed, abroad: Deployed) -> None:
    names = [*told(operations), *told(abroad)]
    assert {page.stem for page in RUNBOOKS.glob("*.md")} - BY_MAIL == set(names)
    assert len(names) == len(set(names))


def test_an_alarm_names_its_runbook_and_is_told_when_it_begins_and_ends(operations: Deployed, abroad: Deployed) -> None:
    for name, of in (told(operations) | told(abroad)).items():
        assert of["AlarmDescription"].endswith(f"docs/operating/alarms/{name}.md"), name
        assert of["AlarmActions"] == of["OKActions"], name


def test_each_certificate_is_watched_where_it_is(operations: Deployed, abroad: Deployed) -> None:
    for stack, name, arn in (
        (operations, "certificate-expiring", operations.deployment.turn_certificate),
        (abroad, "pages-certificate-expiring", operations.deployment.certificate),
    ):
        of = told(stack)[name]
        assert (of["Namespace"], of["MetricName"]) == ("AWS/CertificateManager", "DaysToExpiry")
        assert of["Dimensions"] == [{"Name": "CertificateArn", "Value": arn}]
        assert (of["Threshold"], of["ComparisonOperator"]) == (CERTIFICATE_DAYS, "LessThanThreshold")
        assert arn.split(":")[3] == stack.deployment.region_of(stack.kind), "its days are counted in its own region"


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_what_a_runbook_names_exists(page: Any, deployments: Deployments) -> None:
    text = page.read_text()
    for kind in ("**Means.**", "**Patients notice**", "**Look first**", "**Do**", "**Over**"):
        assert page.stem == "README" or kind in text, kind
    targets = re.findall(r"^([a-z-]+):", (RUNBOOKS.parents[2] / "Makefile").read_text(), re.MULTILINE)
    assert set(MAKE.findall(text)) <= set(targets)
    core = deployments["elvenes-prod", "core"].body["Outputs"]
    assert set(OUTPUT.findall(text)) <= set(core)
    for names in re.findall(r"[Ss]aved quer(?:y|ies) `([a-z-]+)`", text):
        assert names in QUERIES
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists(), link
    for metric in re.findall(r"`([A-Z]\w+)`", text):
        named = "".join(json.dumps(stack.body) for stack in deployments if stack.deployment.name == "elvenes")
        assert metric in list(Metric) or metric in named, metric


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_what_a_runbook_says_to_look_at_is_shown_and_what_to_set_can_be_set(
    page: Any, deployments: Deployments
) -> None:
    text = page.read_text()
    (dashboard,) = deployments["elvenes-prod", "operations"].of_type("AWS::CloudWatch::Dashboard").values()
    body = "".join(p for p in dashboard["Properties"]["DashboardBody"]["Fn::Join"][1] if isinstance(p, str))
    look = text.partition("**Look first**")[2].partition("**Do**")[0]
    for metric in set(re.findall(r"`([A-Z]\w+)`", look)) & set(Metric):
        assert re.search(rf'\b{metric}\\?"', body), metric
    titles = re.findall(r'"title":"([^"]+)"', body)
    for line in (line for line in text.splitlines() if "The dashboard" in line):
        for named in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", line):
            assert [title for title in titles if title.startswith(named)], named
    fields = {f.name for kind in (Deployment, Workers, Settings) for f in msgspec.structs.fields(kind)}
    for named in re.findall(r"(?:[Rr]aise|[Ss]et|[Ss]witch|[Ll]ower) `(\w+)", text):
        assert named in fields, named


def test_every_metric_of_ours_that_is_looked_at_is_written(operations: Deployed) -> None:
    names = {metric.value for metric in Metric} | {"ProbeOk"}  # the probe's own
    for name, of in alarms(operations).items():
        for stat in stats(of):
            metric = stat["Metric"]
            if metric["Namespace"] == NAMESPACE:
                assert metric["MetricName"] in names, name
                assert metric["Dimensions"] == [{"Name": SYSTEM, "Value": operations.deployment.stack}], name


def test_an_alarm_is_one_that_cloudwatch_takes(operations: Deployed) -> None:
    """At most ten metrics of one period, seven days in all, one day where the period is below an hour."""
    for name, of in alarms(operations).items():
        found = list(stats(of))
        if not found:
            continue
        assert len(found) <= 10, name
        (period,) = {stat["Period"] for stat in found}
        assert period % 60 == 0
        assert period * of["EvaluationPeriods"] <= (604_800 if period >= 3600 else 86_400), name
        for query in of.get("Metrics", []):
            assert len(query.get("Expression", "")) <= 1024, name


def test_what_runs_at_night_is_not_missed_before_the_next_night(operations: Deployed) -> None:
    """An alarm's window slides: it must hold a day and the run that is late, in each part of it."""
    for name in ("anchor-missing", "purge-missing"):
        of = alarms(operations)[name]
        (period,) = {stat["Period"] for stat in stats(of)}
        assert period * of["EvaluationPeriods"] == 26 * 3600
        assert of.get("DatapointsToAlarm", of["EvaluationPeriods"]) == of["EvaluationPeriods"]
        assert of["TreatMissingData"] == "breaching"


def test_a_level_burns_when_both_windows_do(operations: Deployed) -> None:
    of = alarms(operations)
    for level in LEVELS:
        rule = json.dumps(of[f"{level.name}-now"]["AlarmRule"])
        assert rule.count("AND") == 2
        assert rule.count("OR ") == 1
        for pace in (FAST, SLOW):
            for minutes in (pace.long, pace.short):
                part = of[f"{level.name}-over-{minutes}-minutes"]
                assert (part["Threshold"], part["ComparisonOperator"]) == (pace.rate, "GreaterThanThreshold")
                assert {stat["Period"] for stat in stats(part)} == {60 * minutes}
                assert not part.get("AlarmActions")
        assert of[f"{level.name}-over-{STEADY.long}-minutes"]["Threshold"] == 1


def burn(expression: str, everything: float, good: float) -> float:
    """What CloudWatch would make of a level's expression."""
    python = re.sub(r"FILL\((\w+), 0\)", r"\1", expression)
    condition, none, rate = re.fullmatch(r"IF\((.*?), (\d+), (.*)\)", python).groups()  # type: ignore[union-attr]
    known = {"all": everything, "good": good}
    return float(eval(none if eval(condition, {}, known) else rate, {}, known))  # noqa: S307


def test_a_level_is_used_up_as_fast_as_it_says(operations: Deployed) -> None:
    of = alarms(operations)["join-over-60-minutes"]
    (expression,) = [query["Expression"] for query in of["Metrics"] if "Expression" in query]
    assert burn(expression, 1000, 995) == pytest.approx(1)
    assert burn(expression, 1000, 928) == pytest.approx(14.4)
    assert burn(expression, 10, 8) == 0, "two are no trend"
    assert burn(expression, 10, 7) == pytest.approx(60)


def test_the_topics_are_encrypted_with_a_key_that_cloudwatch_may_use(operations: Deployed, abroad: Deployed) -> None:
    for stack in (operations, abroad):
        (topic,) = stack.of_type("AWS::SNS::Topic").values()
        (name,) = stack.of_type("AWS::KMS::Key")
        assert topic["Properties"]["KmsMasterKeyId"]["Fn::GetAtt"][0] == name
        policy = json.dumps(stack.resources[name]["Properties"]["KeyPolicy"])
        assert "cloudwatch.amazonaws.com" in policy
        (mail,) = stack.of_type("AWS::SNS::Subscription").values()
        assert mail["Properties"]["Protocol"] == "email"
        assert mail["Properties"]["Endpoint"] == operations.deployment.alarms_to


def test_the_budget_is_the_deployments_and_told_by_mail(abroad: Deployed) -> None:
    of = abroad.deployment
    (budget,) = abroad.of_type("AWS::Budgets::Budget").values()
    asked = budget["Properties"]["Budget"]
    assert asked["BudgetLimit"] == {"Amount": of.budget_usd, "Unit": "USD"}
    assert asked["CostFilters"] == {"TagKeyValue": [f"user:venterom:system${of.stack}"]}
    kinds = [n["Notification"]["NotificationType"] for n in budget["Properties"]["NotificationsWithSubscribers"]]
    assert kinds == ["FORECASTED", "ACTUAL", "ACTUAL"]


def test_the_dashboard_shows_every_alarm_and_costs_by_trust(operations: Deployed) -> None:
    (page,) = operations.of_type("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(page["Properties"]["DashboardBody"])
    shown = body.count('"Fn::GetAtt"')
    assert shown >= len(told(operations))
    for metric in (Metric.CONSULTATIONS_BEGUN, Metric.FIRST_PICTURE, Metric.SMS, Metric.TRAFFIC):
        assert KINDS[metric].by_trust
        assert f'MetricName=\\\\\\"{metric}' in body or metric in body


def test_questions_to_the_logs_are_kept_beside_them(operations: Deployed) -> None:
    kept = {of["Properties"]["Name"] for of in operations.of_type("AWS::Logs::QueryDefinition").values()}
    assert kept == {f"{operations.deployment.stack}/{name}" for name in QUERIES}


def group_of(stack: Deployed, value: dict[str, Any], *others: Deployed) -> tuple[str, str]:
    """The stack and logical id of the log group that a value names, by another stack's export too."""
    for other in others:
        for output in other.body["Outputs"].values():
            if output.get("Export", {}).get("Name") == value.get("Fn::ImportValue"):
                return group_of(other, output["Value"])
    assert stack.resources[value["Ref"]]["Type"] == "AWS::Logs::LogGroup"
    return stack.kind, value["Ref"]


def test_questions_are_asked_where_functions_and_workers_log(operations: Deployed, deployments: Deployments) -> None:
    """By the groups themselves: nothing logs to where Lambda and ECS would by themselves."""
    where = operations.deployment
    core, media = (deployments[f"{where.name}-{where.stage}", kind] for kind in ("core", "media"))
    functions = {
        group_of(core, function["Properties"]["LoggingConfig"]["LogGroup"])
        for function in core.of_type("AWS::Lambda::Function").values()
    }
    (task,) = (one for name, one in media.of_type("AWS::ECS::TaskDefinition").items() if name.startswith("Workers"))
    (container,) = task["Properties"]["ContainerDefinitions"]
    workers = {group_of(media, container["LogConfiguration"]["Options"]["awslogs-group"])}
    for of in operations.of_type("AWS::Logs::QueryDefinition").values():
        name = of["Properties"]["Name"].partition("/")[2]
        asked = of["Properties"]["LogGroupNames"]
        expected = workers if name in WORKERS_ONLY else functions | workers if name in WORKERS_TOO else functions
        assert len(asked) <= 50, "more are not asked at once (CloudWatch Logs, StartQuery)"
        assert {group_of(operations, group, core, media) for group in asked} == expected, name


def test_traces_are_kept_by_the_stage(operations: Deployed) -> None:
    (rule,) = operations.of_type("AWS::XRay::SamplingRule").values()
    assert rule["Properties"]["SamplingRule"]["FixedRate"] == TRACED[operations.deployment.stage]
