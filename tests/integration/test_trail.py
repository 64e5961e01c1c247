"""The functions that look after the trails, deployed with their own rights: anchor, purge, export, erase, verify."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.chain import linked
from chalicelib.consultations import new_reference
from chalicelib.lifecycle import Role, State
from chalicelib.records import (
    Anchor,
    Answered,
    Consultation,
    Gone,
    Happening,
    Head,
    Kept,
    Mention,
    Referred,
    Ruled,
    trail_day,
)
from chalicelib.rest import Feedback, Impression, Rules
from chalicelib.rings import read
from chalicelib.store import Create, Delete, DynamoStore, Put
from local.deploy import ADMIN, REGION
from local.system import TRUST, Ports, System, trust_entry
from local.template import synthesize

OF = TRUST["trust"]["id"]
SCHEDULED = {
    "version": "0", "id": "x", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1", "time": "",
    "region": REGION, "resources": [], "detail": {},
}  # fmt: skip
PHONE = "+4790000000"


class Deployed:
    """The functions in the embedded AWS, and the table behind their backs."""

    def __init__(self, system: System, outputs: dict[str, str]) -> None:
        self.system = system
        self.outputs = outputs
        self.store = DynamoStore(outputs["Table"], REGION, system.aws.endpoint)
        self.now = int(datetime.now(UTC).timestamp())

    def call(self, function: str, payload: Any = SCHEDULED) -> Any:
        return self.system.aws.invoke(self.outputs[f"{function}Function"], payload)

    def setting(self, name: str) -> str:
        function = self.system.aws.client("lambda").get_function_configuration(
            FunctionName=self.outputs["PurgeFunction"]
        )
        value: str = function["Environment"]["Variables"][f"VENTEROM_{name}"]
        return value

    def plant(self, days_ago: int) -> Consultation:
        """A consultation that ended some days ago, with all that belongs to it, as the functions would have left it."""
        starts = self.now - days_ago * 86400
        day = datetime.fromtimestamp(starts, UTC).date().isoformat()
        made = Consultation(
            trust=OF, id=secrets.token_hex(8), version=1, state=State.ENDED, starts=starts, minutes=30, day=day,
            department="medisinsk", staff="ingrid-berg", patient_name="Kari Testesen", phone=PHONE,
            reference=new_reference(), feedback_given=True,
        )  # fmt: skip
        entry = linked(
            Happening(
                trust=OF, consultation=made.id, number=1, at=starts, what="booked", role=Role.CLINICIAN,
                staff="ingrid-berg", state=State.ENDED,
            ),
            "",
        )  # fmt: skip
        pepper = read(self.system.aws.secret(self.setting("SECRET_PEPPER")))
        feedback = Feedback(quality=Impression.GOOD)
        rows = [
            Consultation(**{f: getattr(made, f) for f in made.__struct_fields__} | {"trail_hash": entry.hash}),
            entry,
            Kept(trust=OF, consultation=made.id, day=day),
            Referred(trust=OF, reference=made.reference, consultation=made.id),
            Answered(trust=OF, consultation=made.id, at=starts, feedback=feedback),
            Mention(trust=OF, person=pepper.hash(OF, PHONE), consultation=made.id),
        ]
        self.store.write([Create(row) for row in rows])
        return made

    def begin_trail(self, days_ago: int) -> None:
        """Let the trust's own trail have begun then."""
        head = self.store.get(Head, Head(trust=OF, version=0, hash="").key())
        assert head is not None
        own = self.store.query(Happening, head.key()[0], "TRAIL#")
        previous = ""
        for n, entry in enumerate(own):
            at = self.now - days_ago * 86400 if not n else entry.at
            made = linked(Happening(**{f: getattr(entry, f) for f in entry.__struct_fields__} | {"at": at}), previous)
            self.store.write([Put(made)])
            previous = made.hash
        self.store.write([Put(Head(trust=OF, version=head.version, hash=previous))])

    def there(self, consultation: Consultation) -> Consultation | None:
        return self.store.get(Consultation, consultation.key())


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", ADMIN)
        environment.setenv("AWS_SECRET_ACCESS_KEY", ADMIN)
        synthesize()
        system = System(tmp_path_factory.mktemp("state"), Ports.free())
        try:
            system.start_aws()
            yield Deployed(system, system.deploy())
        finally:
            system.stop()


def days(first: date, last: date) -> dict[str, str]:
    """What verify_trail is asked."""
    return {"trust": OF, "first": str(first), "last": str(last)}


def test_what_the_rules_give_up_goes_and_the_days_still_hold_until_somebody_touches_them(deployed: Deployed) -> None:
    deployed.call("RegisterTrust", trust_entry(TRUST, deployed.system.portal))
    deployed.begin_trail(3)
    rules = Rules(keep_contact_days=5, keep_consultation_days=15)
    deployed.store.write([Put(Ruled(trust=OF, version=1, rules=rules))])
    old, recent, fresh = deployed.plant(20), deployed.plant(10), deployed.plant(2)

    deployed.call("Anchor")
    deployed.call("Anchor")
    made = [date.fromisoformat(anchor.day) for anchor in deployed.store.query(Anchor, f"T#{OF}#ANCHOR", "20")]
    begun = datetime.fromtimestamp(deployed.now, UTC).date() - timedelta(days=3)
    assert made == [begun + timedelta(days=n) for n in range(len(made))]
    assert len(made) in {2, 3, 4}  # in the first half hour of a day the one before is not settled
    open_day = made[-1] + timedelta(days=1)
    held = deployed.call("VerifyTrail", days(begun, open_day))
    assert held["intact"], held
    assert [day["anchored"] for day in held["days"]] == [True] * len(made) + [False]

    deployed.call("Purge")
    assert deployed.there(old) is None
    assert deployed.store.query(Happening, old.key()[0], "TRAIL#")[-1].what == "purged"
    after = deployed.there(recent)
    assert after is not None
    assert (after.erased, after.patient_name, after.phone) == (True, "", "")
    untouched = deployed.there(fresh)
    assert untouched is not None
    assert untouched.patient_name == "Kari Testesen"

    exported = deployed.call("ExportPerson", {"trust": OF, "phone": PHONE})
    assert [c["consultation"]["consultation"] for c in exported["consultations"]] == [fresh.id]
    erased = deployed.call("ErasePerson", {"trust": OF, "phone": PHONE})
    assert (erased["consultations"], erased["feedback"], erased["open"]) == (1, 1, 0)
    later = [e for e in deployed.store.query(Happening, fresh.key()[0], "TRAIL#") if e.number > untouched.version]
    deployed.store.write([Put(untouched), *(Delete(e.key()) for e in later)])  # as a restored table would have it
    deployed.call("Purge")
    again = deployed.there(fresh)
    assert again is not None
    assert again.erased

    entry = next(e for e in deployed.store.listed(Happening, trail_day(OF, fresh.day)) if e.consultation == fresh.id)
    changed = Happening(**{f: getattr(entry, f) for f in entry.__struct_fields__} | {"staff": "somebody-else"})
    deployed.store.write([Put(changed)])
    found = deployed.call("VerifyTrail", days(begun, made[-1]))
    assert not found["intact"]
    assert [day["broken"] for day in found["days"] if not day["intact"]] == [[fresh.id]]


def test_what_the_functions_print_names_nobody(deployed: Deployed) -> None:
    log = json.dumps(deployed.system.child("aws").log.read_text())
    assert "Kari" not in log
    assert PHONE not in log
    assert deployed.store.listed(Gone, f"T#{OF}#GONE#2000-01-01") == []
