"""`python -m probe`: one run; writes the metrics to its log and the status document to its place. 1 if a part fails."""

import asyncio
import sys

import msgspec

from probe import metrics
from probe.keeper import keeper, known
from probe.resting import resting
from probe.run import look
from probe.settings import Settings
from probe.status import after


def main() -> int:
    """Look, tell, and say by the exit status whether all is well."""
    try:
        settings = Settings.load()
    except msgspec.ValidationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - it names the variable, and no value
        return 2
    found = asyncio.run(look(settings, lambda: resting(settings)))
    for line in metrics.lines(found, settings.system):
        print(line)  # noqa: T201 - the log is where metrics go
    keeping = keeper(settings)
    document = msgspec.json.encode(after(known(keeping.read()), found, settings.every))
    keeping.write(document)
    return 0 if found.ok else 1


if __name__ == "__main__":
    sys.exit(main())
