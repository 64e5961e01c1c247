"""What must be true of the whole table: always, after any write and any crash; and at rest, once all is swept up."""

from tests.invariants.always import ALWAYS
from tests.invariants.at_rest import AT_REST
from tests.invariants.table import Rule, Table, broken

__all__ = ["ALWAYS", "AT_REST", "Rule", "Table", "broken"]
