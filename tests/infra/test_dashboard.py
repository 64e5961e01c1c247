"""The page that operators look at: each trust's costs as one stack, and how workers do by what they say themselves."""

import json
import re
from typing import Any

import pytest

from chalicelib.metrics import NAMESPACE, SYSTEM, TRUST, Metric
from infra.dashboard import BALANCERS
from infra.prices import amounts, prices
from infra.rates import rates
from media_worker.settings import Settings
from tests.infra.conftest import Deployed, Deployments

DEPLOYMENTS = ["elvenes-dev", "elvenes-prod", "fjordane-prod"]
SEARCH = re.compile(
    rf"SEARCH\('\{{{NAMESPACE},{SYSTEM},{TRUST}\}} MetricName=\"(\w+)\" {SYSTEM}=\"([\w-]+)\"', 'Sum', 3600\)"
    r" \* ([\d.]+)"
)


@pytest.fixture(params=DEPLOYMENTS)
def operations(request: pytest.FixtureRequest, deployments: Deployments) -> Deployed:
    return deployments[request.param, "operations"]


def graphs(operations: Deployed) -> dict[str, dict[str, Any]]:
    """The properties of each widget by its title; what is known when it is deployed only stands as ``?``."""
    (page,) = operations.of_type("AWS::CloudWatch::Dashboard").values()
    body = page["Properties"]["DashboardBody"]
    text = "".join(part if isinstance(part, str) else "?" for part in body["Fn::Join"][1])
    return {widget["properties"]["title"]: widget["properties"] for widget in json.loads(text)["widgets"]}


def by_trust(operations: Deployed) -> dict[str, Any]:
    (found,) = [
        graph for title, graph in graphs(operations).items() if title.startswith("What it costs an hour by trust")
    ]
    return found


def test_each_part_of_a_trusts_costs_is_a_layer_that_says_whose_it_is(operations: Deployed) -> None:
    graph = by_trust(operations)
    assert graph["stacked"] is True
    layers: dict[str, object] = {}
    for (line,) in graph["metrics"]:
        metric, system, usd = SEARCH.fullmatch(line["expression"]).groups()  # type: ignore[union-attr]
        assert system == operations.deployment.stack
        layers[line["label"]] = (Metric(metric), float(usd))
    priced = rates(amounts(), prices())
    assert layers == {
        f"${{PROP('Dim.{TRUST}')}} {part}": (metric, pytest.approx(usd, rel=1e-5))
        for part, (metric, usd) in priced.items()
    }


def test_it_says_that_what_stands_there_is_shared(operations: Deployed) -> None:
    assert "by the month is shared" in by_trust(operations)["title"]


def expressions(graph: dict[str, Any]) -> dict[str, str]:
    """What a graph computes, by its label."""
    parts = [part for line in graph["metrics"] for part in line if isinstance(part, dict) and "expression" in part]
    return {part["label"]: part["expression"] for part in parts}


def test_an_hour_holds_what_is_called_the_apis_and_turn_and_says_what_it_leaves_out(
    operations: Deployed, deployments: Deployments
) -> None:
    (graph,) = [of for title, of in graphs(operations).items() if title.startswith("What it costs an hour, USD")]
    assert "without logs" in graph["title"]
    shown = expressions(graph)
    assert shown.keys() == {"functions", "APIs", "TURN", "table", "workers", "traffic", "messages"}
    aws = prices().aws
    for part, price in (
        ("functions", aws["lambda_request"].usd),
        ("APIs", aws["rest_request"].usd),
        ("APIs", aws["socket_message"].usd),
        ("TURN", 2 * aws["balancer_hour"].usd),
    ):
        figures = [float(figure) for figure in re.findall(r"\d+\.\d+", shown[part])]
        assert pytest.approx(price) in figures, part
    where = operations.deployment
    balancers = deployments[f"{where.name}-{where.stage}", "media"].of_type("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert len(balancers) == BALANCERS
    (each,) = [of for title, of in graphs(operations).items() if title.startswith("USD a consultation")]
    ended = expressions(each)["USD each"]
    assert all(f"({expression})" in ended for expression in shown.values())
    assert len(ended) <= 2048, "more is no expression (CloudWatch, MetricDataQuery)"


def test_what_workers_say_of_themselves_is_shown(operations: Deployed) -> None:
    text = json.dumps([graph.get("metrics") for graph in graphs(operations).values()])
    for metric in (Metric.WORKER_MEMORY, Metric.WORKER_DELAY, Metric.PACKETS_DROPPED, Metric.SOCKETS_LOST):
        assert f'"{metric}"' in text


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_workers_say_it_of_the_deployment_that_is_looked_at(name: str, deployments: Deployments) -> None:
    media = deployments[name, "media"]
    tasks = media.of_type("AWS::ECS::TaskDefinition")
    (container,) = next(one for task, one in tasks.items() if task.startswith("Workers"))["Properties"][
        "ContainerDefinitions"
    ]
    told = {given["Name"]: given["Value"] for given in container["Environment"]}
    assert told["VENTEROM_SYSTEM"] == media.deployment.stack
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
    period = Settings(socket="wss://api.example", worker_key="key").vitals_seconds
    assert period <= 60, "an alarm looks at each minute"
