"""`make run`: starts the whole service on this machine and says where to go."""

import argparse
import json
import signal
import sys
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Final

from local.children import NotStarted
from local.deploy import DeploymentFailed
from local.system import BUILD, Ports, System

WHERE: Final = (
    ("clinician", "Clinician's page"),
    ("patient", "A patient's link"),
    ("department", "Department's fixed address"),
    ("outbox", "Sent SMS and e-mail"),
)


def main() -> int:
    """Start, print the addresses, stay until Ctrl-C; 1 when something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="the first of four ports in a row (default 8080)")
    parser.add_argument("--state", type=Path, default=BUILD / "state", help="where bookings and trail are kept")
    options = parser.parse_args()
    over = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run_file = BUILD / "run.json"
    run_file.unlink(missing_ok=True)
    try:
        with System(options.state.resolve(), Ports.from_base(options.port), _say) as system:
            run_file.write_text(json.dumps(system.addresses, indent=2) + "\n")
            _welcome(system)
            while not over.wait(1):
                for child in system.died():
                    if child.name == "media worker":
                        _say("The media worker ended; starting another one.")
                        system.start_worker()
                    else:
                        raise NotStarted(f"{child.name} ended by itself; see {child.log}")
    except KeyboardInterrupt:
        _say("Stopped.")
    except (NotStarted, DeploymentFailed) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    finally:
        run_file.unlink(missing_ok=True)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _welcome(system: System) -> None:
    _say("\nVenterom is running.\n")
    for key, title in WHERE:
        _say(f"  {title:28}{system.addresses[key]}")
    _say(
        "\nOpen the clinician's page in one window and the patient's link in another. At the stand-in portal choose any"
        "\nof the test people; the example patient is Kari. Ctrl-C stops everything; what you booked is kept.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
