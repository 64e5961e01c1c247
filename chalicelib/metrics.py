"""What is counted and measured: one log line for each, from which CloudWatch makes metrics (Embedded Metric Format).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
Nothing of a person or a consultation: names, units and dimensions are those below. What AWS counts by itself (function
milliseconds, messages, reads and writes) is not counted again.
"""

import json
import os
import sys
import time
from enum import StrEnum
from typing import Final, NamedTuple

from chalicelib import probing

NAMESPACE: Final = "Venterom"
SYSTEM: Final = "System"
"""Dimension: which deployment, by the beginning of its stacks' names."""
TRUST: Final = "Trust"


class Unit(StrEnum):
    """As CloudWatch calls them."""

    COUNT = "Count"
    MILLISECONDS = "Milliseconds"
    SECONDS = "Seconds"
    MEGABYTES = "Megabytes"
    PERCENT = "Percent"


class Kind(NamedTuple):
    """Each metric costs by its dimensions: few are told by trust."""

    unit: Unit
    by_trust: bool = False


class Metric(StrEnum):
    """All there are."""

    JOINS_TRIED = "JoinsTried"
    """A patient took a call after a network test that was passed."""
    JOINS_SUCCEEDED = "JoinsSucceeded"
    """Of those, the path to the worker came up."""
    FIRST_PICTURE = "FirstPictureMilliseconds"
    """From being let into the call to the first picture that is decoded, by a visitor's page."""
    RECOVERY = "RecoveryMilliseconds"
    """From noticing that a path is lost to having it again, by a page."""
    CONSULTATIONS_BEGUN = "ConsultationsBegun"
    CONSULTATIONS_ENDED = "ConsultationsEnded"
    CALLS_DROPPED = "CallsDropped"
    """Given up because their worker was lost and no other had a place."""
    TALK = "TalkSeconds"
    """Of all who were in a call, added up."""
    TRAFFIC = "Megabytes"
    """That workers sent for calls: what AWS charges; what they receive is free."""
    SMS = "SmsParts"
    """Of SMS that a carrier took: each part is paid for."""
    MAIL = "MailSent"
    DELIVERIES_FAILED = "DeliveriesFailed"
    """Messages that did not go, or perhaps did not, for good."""
    BUSY = "Busy"
    """Asked to wait a moment and come again: AWS was overloaded or out of reach."""
    UNFORESEEN = "Unforeseen"
    """Answered with an error of a kind that nobody thought of."""
    NO_LINE = "NoLine"
    """Asked for a line, and told which place in the queue is theirs."""
    PUSH_FAILURES = "PushFailures"
    """Messages to open sockets that API Gateway did not take; of those who have gone is no such."""
    CALLS_MOVED = "CallsMoved"
    ANSWER = "AnswerMilliseconds"
    """From an offer's arrival at a worker to its answer."""
    WORKERS = "Workers"
    """In the list, alive and not draining."""
    WORKERS_LOST = "WorkersLost"
    FREE_PLACES = "FreePlaces"
    CALLS = "Calls"
    """That go on."""
    LOAD = "WorkerLoad"
    """Of its CPU, the busiest worker's share."""
    LINES_WAITED_FOR = "LinesWaitedFor"
    """Who waits for a line at the moment."""
    WORKER_MEMORY = "WorkerMemory"
    """Resident, of a worker; this and the next three are written by workers themselves."""
    WORKER_DELAY = "WorkerDelayMilliseconds"
    """That its event loop came too late to something, at worst."""
    PACKETS_DROPPED = "PacketsDropped"
    """That came to a worker and were thrown away: it was too slow to take them, or their sender sent too many."""
    SOCKETS_LOST = "SocketsLost"
    """Of workers to the functions."""
    WORKERS_WANTED = "WorkersWanted"
    """By the appointment book."""
    WORKERS_CAPPED = "WorkersCapped"
    """Wanted, and not to be had: more than the deployment's most."""


KINDS: Final[dict[Metric, Kind]] = {
    **{metric: Kind(Unit.COUNT) for metric in Metric},
    **{
        metric: Kind(Unit.COUNT, by_trust=True)
        for metric in (
            Metric.JOINS_TRIED,
            Metric.JOINS_SUCCEEDED,
            Metric.CONSULTATIONS_BEGUN,
            Metric.CONSULTATIONS_ENDED,
            Metric.SMS,
            Metric.MAIL,
            Metric.DELIVERIES_FAILED,
        )
    },
    Metric.FIRST_PICTURE: Kind(Unit.MILLISECONDS, by_trust=True),
    Metric.RECOVERY: Kind(Unit.MILLISECONDS, by_trust=True),
    Metric.TALK: Kind(Unit.SECONDS, by_trust=True),
    Metric.TRAFFIC: Kind(Unit.MEGABYTES, by_trust=True),
    Metric.ANSWER: Kind(Unit.MILLISECONDS),
    Metric.LOAD: Kind(Unit.PERCENT),
    Metric.WORKER_MEMORY: Kind(Unit.MEGABYTES),
    Metric.WORKER_DELAY: Kind(Unit.MILLISECONDS),
}


def measure(figures: dict[Metric, float], trust: str = "") -> None:
    """Write one line for CloudWatch. ``trust``: whose, where it is known; it stands in the line and, of those metrics
    that are told by trust, in a dimension. What the probe does is in no sum of what people do."""
    of_people = [[SYSTEM]] if trust != probing.TRUST else []
    held = {SYSTEM: os.environ.get("VENTEROM_SYSTEM", "venterom")} | ({TRUST: trust} if trust else {})
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [*of_people, [SYSTEM, TRUST]] if by_trust else [[SYSTEM]],
                    "Metrics": [{"Name": metric, "Unit": KINDS[metric].unit} for metric in told],
                }
                for by_trust in (False, True)
                if (told := [m for m in figures if (KINDS[m].by_trust and bool(trust)) is by_trust])
            ],
        },
        **held,
        **{str(metric): round(value, 3) for metric, value in figures.items()},
    }
    sys.stdout.write(json.dumps(line) + "\n")
