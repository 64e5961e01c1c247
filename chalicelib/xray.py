"""Sends what was done on behalf of a page to AWS X-Ray: a datagram for each segment, to the daemon beside the function.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html, and -sendingdata.html for the header.
AWS's own SDK for this would be a tenth of the functions' package, for these few lines. Nothing waits for it.
"""

import json
import os
import secrets
import socket
from typing import Any, Final

from chalicelib.trace import Trace

DAEMON: Final = "AWS_XRAY_DAEMON_ADDRESS"
"""Set by Lambda where tracing is on."""
_BEGINNING: Final = b'{"format": "json", "version": 1}\n'
OF_NO_INTEREST: Final = frozenset({"ping", "heartbeat"})
MOST_PARTS: Final = 40
"""A datagram has 64 KB; what follows is left out."""


def report(trace: Trace, ended: float) -> None:
    """Send one invocation, if it was on somebody's behalf and is of interest."""
    outcome = str(trace.said.get("outcome", ""))
    if not trace.id or outcome in OF_NO_INTEREST:
        return
    parts = [
        {
            "id": secrets.token_hex(8),
            "name": part.name,
            "start_time": part.begun,
            "end_time": part.ended,
            "namespace": "aws",
        }
        for part in trace.parts[:MOST_PARTS]
    ]
    status = trace.said.get("status", 200)
    document = _document("functions", trace.came, trace.begun, ended) | {
        "id": trace.segment,
        "origin": "AWS::Lambda::Function",
        "annotations": {name: trace.said[name] for name in ("door", "outcome", "status", "role") if name in trace.said},
        "fault": int(status) >= 500,
        "error": 400 <= int(status) < 500,
        "subsegments": parts,
    }
    _send(document)


def told(name: str, came: str, milliseconds: int, now: float, what: str) -> None:
    """Send what a page or a worker says that ``what`` took, until ``now``, if ``came``, its `traceparent`, is one."""
    if came:
        _send(_document(name, came, now - milliseconds / 1000, now) | {"annotations": {"what": what}})


def _document(name: str, came: str, begun: float, ended: float) -> dict[str, Any]:
    trace, parent = came[3:35], came[36:52]
    return {
        "name": name,
        "id": secrets.token_hex(8),
        # X-Ray writes the first eight digits apart: a page puts the time there.
        "trace_id": f"1-{trace[:8]}-{trace[8:]}",
        "parent_id": parent,
        "start_time": begun,
        "end_time": ended,
    }


def _send(document: dict[str, Any]) -> None:
    host, _, port = os.environ.get(DAEMON, "").rpartition(":")
    if not host:
        return
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.setblocking(False)
            way.sendto(_BEGINNING + json.dumps(document).encode(), (host, int(port)))
    except (OSError, ValueError):
        return  # what is not told of is not lost: it stands in the log
