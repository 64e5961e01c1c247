"""`make run`: starts the whole service on this machine, says where to go, and stops all of it."""

import argparse
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any, Final

from chalicelib.lifecycle import STAFF, Role
from local.children import NotStarted
from local.deploy import DeploymentFailed
from local.restarts import Restarts
from local.system import OTHER_TRUST, TRUST, Ports, System
from local.template import BUILD

WHERE: Final = (
    ("clinician", "The staff's page"),
    ("patient", "A patient's link"),
    ("department", "Department's fixed address"),
    ("outbox", "Sent SMS and e-mail"),
    ("status", "Status (after make probe)"),
    ("other_trust", "Another trust's staff"),
)
WORKERS: Final = 2
"""So that a call has somewhere to move when one of them ends."""


def main() -> int:
    """Start, print the addresses, stay until Ctrl-C or SIGTERM; 1 when something is missing or ended by itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--port",
        type=int,
        default=int(os.environ.get("VENTEROM_PORT", "8080")),
        help="the first of four ports in a row; 0 takes any four (default VENTEROM_PORT or 8080)",
    )
    parser.add_argument("--state", type=Path, default=BUILD / "state", help="where bookings and trail are kept")
    parser.add_argument("--addresses", type=Path, default=BUILD / "run.json", help="written once all is up")
    options = parser.parse_args()
    ports = Ports.from_base(options.port) if options.port else Ports.free()
    over = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        if not over.is_set():  # a second Ctrl-C must not interrupt the stopping
            over.set()
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    options.addresses.unlink(missing_ok=True)
    try:
        with System(options.state.resolve(), ports, _say, workers=WORKERS) as system:
            options.addresses.parent.mkdir(parents=True, exist_ok=True)
            options.addresses.write_text(json.dumps(system.addresses, indent=2) + "\n")
            _welcome(system)
            restarts = Restarts()
            while not over.wait(1):
                _look_after(system, restarts, over)
    except KeyboardInterrupt:
        _say("Stopped.")
    except (NotStarted, DeploymentFailed) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"\n{problem.filename or 'The system'}: {problem.strerror or problem}", file=sys.stderr)
        return 1
    finally:
        options.addresses.unlink(missing_ok=True)
    return 0


def _look_after(system: System, restarts: Restarts, over: Event) -> None:
    for part, child in system.died().items():
        pause = restarts.pause(part, child.lived)
        if pause is None:
            raise NotStarted(f"The {child.name} ended by itself; see {child.log}")
        _say(f"The {child.name} ended by itself; starting another one{f' in {pause} seconds' if pause else ''}.")
        over.wait(pause)
        with suppress(NotStarted):  # then it has ended once more
            system.start_worker(part)


def _say(line: str) -> None:
    print(line, flush=True)


def _welcome(system: System) -> None:
    _say("\nVenterom is running.\n")
    for key, title in WHERE:
        _say(f"  {title:28}{system.addresses[key]}")
    _say("\nOn the staff's page log in as\n")
    for role, people in by_role(TRUST["staff"]).items():
        _say(f"  {role:28}{', '.join(people)}")
    _say(
        f"\nor on the other trust's as {', '.join(one['name'] for one in OTHER_TRUST['staff'])}.\n"
        "\nOpen a clinician's page in one window and the patient's link in another. At the stand-in portal choose any"
        "\nof the test people; the example patient is Kari. Ctrl-C stops everything; what you booked is kept.\n"
    )


def by_role(staff: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Who of a trust's staff is what, in the order of the roles; somebody may be several."""
    return {role: [one["name"] for one in staff if role in one.get("roles", [Role.CLINICIAN])] for role in STAFF}


if __name__ == "__main__":
    sys.exit(main())
