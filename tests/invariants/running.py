"""What must always hold, held against the table of the running system."""

import time

from local.system import System
from tests.invariants import ALWAYS, Table, broken


def hold(system: System) -> None:
    """Raises AssertionError with every rule that is broken."""
    outputs = system.aws.outputs()
    assert outputs is not None
    table = Table.scanned(system.aws.client("dynamodb"), outputs["Table"], time.time)
    assert table.rows
    wrong = broken(table, ALWAYS)
    assert not wrong, "\n".join(wrong)
