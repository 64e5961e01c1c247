"""docs/e2ee.md says what there is: its messages, fields, labels and reasons are those of the protocol and the pages."""

import re
from pathlib import Path
from typing import get_args

from chalicelib import protocol

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "e2ee.md").read_text()
SOURCES = {file.name: file.read_text() for file in (ROOT / "web/src/shared/e2ee").glob("*.ts")}
LABEL = re.compile(r"venterom [a-z]+ \d")


def test_it_names_all_fields_of_a_parcel_and_no_others() -> None:
    table = PAGE[PAGE.index("| field of `Parcel`") :].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(protocol.Parcel.__struct_fields__)


def test_its_messages_go_to_and_from_everybody_in_a_call() -> None:
    for union, message in (
        (protocol.FromGuest, protocol.Handshake),
        (protocol.FromClinician, protocol.Handshake),
        (protocol.ToPatient, protocol.PeerHandshake),
        (protocol.ToClinician, protocol.PeerHandshake),
    ):
        assert message in get_args(union)
        assert f"`{message.__struct_config__.tag}`" in PAGE


def test_its_seats_stand_in_the_protocols_order() -> None:
    said = re.search(r"in this order: (.+?)\. A seat's", PAGE, re.DOTALL)
    assert said
    assert re.findall(r"`(\w+)`", said[1]) == list(protocol.Seat)


def test_its_labels_are_those_that_pages_hash_and_derive_with() -> None:
    used = {label for source in SOURCES.values() for label in LABEL.findall(source)}
    assert used == set(LABEL.findall(PAGE))


def test_it_explains_every_reason_to_refuse() -> None:
    reasons = SOURCES["types.ts"].partition("export type Refusal =")[2].partition(";")[0]
    table = PAGE[PAGE.index("| refused | why |") :].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(re.findall(r'"(\w+)"', reasons))


def test_it_names_files_that_there_are() -> None:
    for path in re.findall(r"`((?:tests|web)/[\w./]+)`", PAGE):
        assert (ROOT / path).exists(), path
