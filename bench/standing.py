"""What a deployment pays by the month whether or not anybody comes: counted in its templates."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final

from infra.deployment import FILE, Deployment, Stage, load
from local.template import BUILD, synthesize

HOURS: Final = 730
"""Of a month, as AWS counts them."""
MONTHLY: Final[Mapping[str, str]] = {
    "AWS::KMS::Key": "key_month",
    "AWS::SecretsManager::Secret": "secret_month",
    "AWS::CloudWatch::Alarm": "alarm_month",
    "AWS::CloudWatch::Dashboard": "dashboard_month",
}
HOURLY: Final[Mapping[str, str]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "balancer_hour",
    "AWS::EC2::EIP": "address_hour",
}

Resources = Mapping[str, Mapping[str, Any]]


def example() -> Deployment:
    """The first of production in deployments.toml."""
    return next(one for one in load(FILE.read_text()) if one.stage is Stage.PROD)


def of(deployment: Deployment) -> tuple[dict[str, float], dict[str, int]]:
    """What it pays for in a month, and how many resources of each type it has. Raises NotStarted without templates."""
    assembly = BUILD / "deployments"
    synthesize(assembly, FILE)
    files = sorted(assembly.glob(f"{deployment.stack}-*.template.json"))
    templates = [json.loads(file.read_text())["Resources"] for file in files]
    types = Counter(resource["Type"] for template in templates for resource in template.values())
    return month(templates), dict(types)


def month(templates: list[Resources]) -> dict[str, float]:
    """By the names of prices. Services of ECS count with the tasks that they begin with."""
    total: dict[str, float] = defaultdict(float)
    for template in templates:
        for resource in template.values():
            kind, properties = resource["Type"], resource.get("Properties", {})
            if kind in MONTHLY:
                total[MONTHLY[kind]] += 1
            elif kind in HOURLY:
                total[HOURLY[kind]] += HOURS
            elif kind == "AWS::ECS::Service":
                tasks = int(properties.get("DesiredCount", 0) or 0)
                task = template.get(str(properties.get("TaskDefinition", {}).get("Ref", "")), {}).get("Properties", {})
                total["vcpu_hour"] += tasks * int(task.get("Cpu", 0)) / 1024 * HOURS
                total["memory_gb_hour"] += tasks * int(task.get("Memory", 0)) / 1024 * HOURS
                total["address_hour"] += tasks * HOURS
    return {name: amount for name, amount in total.items() if amount}
