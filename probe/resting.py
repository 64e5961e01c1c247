"""Whether media workers are wanted at all at present: at night, with nothing in the book, there may be none."""

import boto3

from probe.settings import Settings


def resting(settings: Settings) -> bool:
    """Asked of ECS, which knows how many the schedule wants; False where no service is named."""
    if not settings.service:
        return False
    found = boto3.client("ecs").describe_services(cluster=settings.cluster, services=[settings.service])["services"]
    return bool(found) and found[0]["desiredCount"] == 0
