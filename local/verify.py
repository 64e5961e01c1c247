"""`make verify-trail`: checks the trails of the system that runs on this machine, day by day, and says what is broken.

Ends with 0 when all days hold, 1 when something was changed, 2 when it could not be checked.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from local.ask import NotRunning, ask
from local.deploy import DeploymentFailed
from local.system import TRUST


def main() -> int:
    """Check, print a line a day, and return the exit status."""
    today = datetime.now(UTC).date()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trust", default=TRUST["trust"]["id"])
    parser.add_argument("--first", default=(today - timedelta(days=6)).isoformat(), help="the first day, in UTC")
    parser.add_argument("--last", default=today.isoformat())
    options = parser.parse_args()
    try:
        checked = ask("verify_trail", {"trust": options.trust, "first": options.first, "last": options.last})
    except (NotRunning, DeploymentFailed) as problem:
        print(f"Not checked: {problem}", file=sys.stderr)
        return 2
    for day in checked["days"]:
        print(line(day))
    print("All of it is as it was." if checked["intact"] else "SOMETHING WAS CHANGED: see the days above.")
    return 0 if checked["intact"] else 1


def line(day: dict[str, Any]) -> str:
    """What there is to say of one day."""
    held = "holds" if day["intact"] else f"BROKEN: {', '.join(day['broken'])}"
    anchor = "anchored" if day["anchored"] else "no anchor that fits"
    return f"{day['day']}  {day['entries']:6} entries  {anchor:20} {held}"


if __name__ == "__main__":
    sys.exit(main())
