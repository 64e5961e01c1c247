"""The table restored from a backup, as docs/operating/recovery.md does it, with functions and their own rights.

What was erased since is erased again, all that must hold does, and a booked patient comes in.
"""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.lifecycle import Role
from chalicelib.records import Consultation, Session
from chalicelib.store import Create, DynamoStore
from chalicelib.tokens import digest, mint
from infra import parameter
from local.deploy import ACCOUNT, ADMIN, REGION
from local.system import TRUST, Ports, System, trust_entry
from local.template import synthesize
from tests.integration.test_trail import OF, PHONE, SCHEDULED, Deployed
from tests.invariants import ALWAYS, Table, broken

RESTORED = "restored"
PATIENT = "+4799000007"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", ADMIN)
        environment.setenv("AWS_SECRET_ACCESS_KEY", ADMIN)
        synthesize()
        system = System(tmp_path_factory.mktemp("state"), Ports.free())
        try:
            system.start_aws()
            found = Deployed(system, system.deploy())
            found.call("RegisterTrust", trust_entry(TRUST, system.portal))
            yield found
        finally:
            system.stop()


def ask(deployed: Deployed, method: str, path: str, body: Any, cookie: str = "", **headers: str) -> Any:
    """A JSON answer of the API, straight from API Gateway."""
    address = f"{deployed.system.aws.endpoint}/_aws/execute-api/{deployed.outputs['RestApi']}/api/{path}"
    sent = {"X-Venterom": "1", "Content-Type": "application/json", "X-Forwarded-For": "192.0.2.1", "Cookie": cookie}
    request = urllib.request.Request(address, json.dumps(body).encode(), sent | headers, method=method)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        pytest.fail(f"{method} {path}: {error.code} {error.read().decode()}")


def book(deployed: Deployed) -> tuple[str, str]:
    """A consultation in a while, booked by its clinician; its id, and the secret of the link that its patient got."""
    cookie = mint()
    ends = deployed.now + 3600
    session = Session(
        digest=digest(cookie), trust=OF, role=Role.CLINICIAN, staff="ingrid-berg", proven=True, seen=deployed.now,
        ends=ends, expires=ends,
    )  # fmt: skip
    deployed.store.write([Create(session)])
    booking = {
        "department": "medisinsk",
        "patient_name": "Nils Prøve",
        "phone": PATIENT,
        "starts": (datetime.now(UTC) + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "send": "now",
    }
    place = f"staff/{OF}/consultations"
    made = ask(deployed, "POST", place, booking, f"__Host-s-{OF}={cookie}", **{"Idempotency-Key": cookie})
    id_ = str(made["consultation"])
    deployed.call("Deliver", {"trust": OF, "consultation": id_, "reason": "invite-1"})  # if the scheduler has not yet
    outbox = f"{deployed.system.aws.endpoint}/_ministack/sns/sms-messages"
    with urllib.request.urlopen(outbox, timeout=60) as answer:  # noqa: S310 - our own address
        sent = json.load(answer)["sms_messages"][PATIENT]
    found = re.search(r"/i#(\S+)", json.dumps(sent[-1]))
    assert found is not None
    return id_, found[1].rstrip('\\"},.')


def table(deployed: Deployed, name: str) -> Table:
    """What stands there at this moment."""
    return Table.scanned(deployed.system.aws.client("dynamodb"), name, time.time)


def schema(description: dict[str, Any]) -> Any:
    """Keys and indexes of a table."""
    indexes = description.get("GlobalSecondaryIndexes", [])
    return description["KeySchema"], [(one["IndexName"], one["KeySchema"], one["Projection"]) for one in indexes]


def restore(deployed: Deployed, backup: str) -> DynamoStore:
    """The table as it was, under another name; with what a restored table must be told anew."""
    tables = deployed.system.aws.client("dynamodb")
    tables.restore_table_from_backup(TargetTableName=RESTORED, BackupArn=backup)
    tables.get_waiter("table_exists").wait(TableName=RESTORED)
    expires = {"Enabled": True, "AttributeName": "expires"}
    tables.update_time_to_live(TableName=RESTORED, TimeToLiveSpecification=expires)
    recovery = {"PointInTimeRecoveryEnabled": True}
    tables.update_continuous_backups(TableName=RESTORED, PointInTimeRecoverySpecification=recovery)
    return DynamoStore(RESTORED, REGION, deployed.system.aws.endpoint)


def test_a_restored_table_takes_the_others_place(deployed: Deployed) -> None:
    tables = deployed.system.aws.client("dynamodb")
    lost = deployed.outputs["Table"]
    over = deployed.plant(3)
    booked, secret = book(deployed)
    before = deployed.store.get(Consultation, (f"T#{OF}#C#{booked}", "CONSULTATION"))
    assert before is not None
    backup = tables.create_backup(TableName=lost, BackupName="before")["BackupDetails"]["BackupArn"]

    assert deployed.call("ErasePerson", {"trust": OF, "phone": PHONE})["consultations"] == 1
    for row in table(deployed, lost).rows.values():  # and then somebody empties it
        tables.delete_item(TableName=lost, Key=dict(zip(("pk", "sk"), ({"S": k} for k in row.key()), strict=True)))

    store = restore(deployed, backup)
    described = [tables.describe_table(TableName=name)["Table"] for name in (lost, RESTORED)]
    assert schema(described[0]) == schema(described[1])
    back = store.get(Consultation, over.key())
    assert back is not None
    assert back.phone == PHONE, "a backup knows nothing of erasures"

    system = deployed.system
    system._settings = {"restored_table": RESTORED}
    assert parameter("restored_table") == "RestoredTable"
    deployed.outputs = system.deploy()
    assert deployed.outputs["Table"] == RESTORED
    assert deployed.setting("TABLE") == RESTORED

    deployed.call("Purge", SCHEDULED)
    erased = store.get(Consultation, over.key())
    assert erased is not None
    assert (erased.erased, erased.phone, erased.patient_name) == (True, "", "")

    assert store.get(Consultation, before.key()) == before
    entered = ask(deployed, "POST", "enter", {"secret": secret})
    assert entered["consultation"] == booked

    wrong = broken(table(deployed, RESTORED), ALWAYS)
    assert not wrong, "\n".join(wrong)
    assert table(deployed, lost).rows == {}, "nothing wrote to the lost one any more"


def test_the_same_by_point_in_time(deployed: Deployed) -> None:
    """What AWS would be asked; the embedded AWS has no past, and restores the present."""
    tables = deployed.system.aws.client("dynamodb")
    of = deployed.outputs["Table"]
    tables.restore_table_to_point_in_time(SourceTableName=of, TargetTableName="again", UseLatestRestorableTime=True)
    tables.get_waiter("table_exists").wait(TableName="again")
    assert schema(tables.describe_table(TableName="again")["Table"]) == schema(
        tables.describe_table(TableName=of)["Table"]
    )
    kept = table(deployed, "again")
    assert kept.rows.keys() == table(deployed, of).rows.keys()
    assert not kept.unknown
    assert ACCOUNT in tables.describe_table(TableName="again")["Table"]["TableArn"]
