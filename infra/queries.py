"""Questions to the logs that runbooks name, kept beside the logs so that nobody writes them at night."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.core import Core
from infra.deployment import Deployment
from infra.functions import FUNCTIONS
from infra.media import Media

QUERIES: Final[Mapping[str, str]] = {
    "failed": "fields @timestamp, door, outcome, status, trace"
    "\n| filter (ispresent(status) and status >= 500) or outcome like /\\.py:/ or @message like /Task timed out/"
    "\n| sort @timestamp desc\n| limit 200",
    "outcomes": "filter ispresent(door)\n| stats count() as times by door, outcome\n| sort times desc",
    "visit": "fields @timestamp, @log, door, event, outcome, status, code, milliseconds"
    "\n| filter trace like /00000000$/  # the code without its space, as the patient reads it out"
    "\n| sort @timestamp asc",
    "slowest": "filter @type = 'REPORT'"
    "\n| stats count() as times, pct(@duration, 50) as p50, pct(@duration, 99) as p99, max(@duration) as most by @log",
    "first-pictures": "filter ispresent(FirstPictureMilliseconds)"
    "\n| stats count() as times, pct(FirstPictureMilliseconds, 50) as p50, pct(FirstPictureMilliseconds, 95) as p95"
    " by bin(15m), Trust",
    "recoveries": "filter ispresent(RecoveryMilliseconds)"
    "\n| stats count() as times, pct(RecoveryMilliseconds, 50) as p50, pct(RecoveryMilliseconds, 95) as p95"
    " by bin(15m), Trust",
    "joins": "filter ispresent(JoinsTried) or ispresent(JoinsSucceeded)"
    "\n| stats sum(JoinsTried) as tried, sum(JoinsSucceeded) as succeeded by bin(5m), Trust",
    "workers": "filter ispresent(event)\n| stats count() as times by event, code, bin(5m)",
    "vitals": "filter ispresent(WorkerMemory)"
    "\n| stats max(WorkerMemory) as megabytes, max(WorkerDelayMilliseconds) as late, sum(PacketsDropped) as packets,"
    " sum(SocketsLost) as sockets by @logStream, bin(5m)",
}
"""By name. `visit` is edited: its zeros become the code that a page shows."""
WORKERS_TOO: Final = frozenset({"visit"})
WORKERS_ONLY: Final = frozenset({"workers", "vitals"})


class Queries(Construct):
    """All of them, in a folder of the deployment's name."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, core: Core, media: Media
    ) -> None:
        super().__init__(scope, construct_id)
        functions = [core.functions.lines_of(name) for name in FUNCTIONS]
        workers = [media.workers.task.logs.log_group_name]
        for name, question in QUERIES.items():
            groups = workers if name in WORKERS_ONLY else functions + workers if name in WORKERS_TOO else functions
            logs.CfnQueryDefinition(
                self,
                "".join(word.capitalize() for word in name.split("-")),
                name=f"{deployment.stack}/{name}",
                query_string=question,
                log_group_names=groups,
            )
