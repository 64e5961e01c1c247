"""What the probe makes of its runs: the status document, metrics, the ways through TURN; and where it keeps them."""

import json
import re
from pathlib import Path

import boto3
import msgspec
import pytest
from moto import mock_aws

from chalicelib import probing
from chalicelib.protocol import IceServer
from client.relayed import Relay
from probe import metrics
from probe.keeper import BucketKeeper, FileKeeper, known
from probe.outcome import Cause, Outcome, Part, State
from probe.settings import Settings
from probe.status import DAYS, NAME, Status, after

NOW = 1_800_000_000
DAY = 86_400
WELL = dict.fromkeys(Part, State.OK)
PAGE = Path(__file__).parents[2] / "web" / "src" / "status" / "document.ts"


def found(at: int = NOW, **states: State) -> Outcome:
    return Outcome(at=at, parts=WELL | {Part(name): state for name, state in states.items()})


def test_a_day_counts_its_runs_and_the_faults_of_each_part() -> None:
    status = after(None, found(), 300)
    status = after(status, found(NOW + 300, calls=State.FAULT, login=State.FAULT), 300)
    status = after(status, found(NOW + 600, calls=State.FAULT), 300)
    status = after(status, found(NOW + 900, calls=State.RESTING), 300)
    (day,) = status.days
    assert (day.runs, day.faults) == (4, {Part.LOGIN: 1, Part.CALLS: 2})


def test_since_when_it_is_so_changes_with_what_is_so() -> None:
    status = after(None, found(), 300)
    assert after(status, found(NOW + 300), 300).since == NOW
    down = after(status, found(NOW + 300, calls=State.FAULT), 300)
    assert (down.since, after(down, found(NOW + 600, calls=State.FAULT), 300).since) == (NOW + 300, NOW + 300)


def test_ninety_days_are_kept() -> None:
    status = None
    for day in range(DAYS + 5):
        status = after(status, found(NOW + day * DAY), 300)
    assert status is not None
    assert len(status.days) == DAYS
    assert status.days[-1].day > status.days[0].day


def test_what_rests_is_no_fault() -> None:
    assert found(calls=State.RESTING).ok
    assert not found(pages=State.FAULT).ok


def test_the_page_reads_what_is_written() -> None:
    typescript = PAGE.read_text()
    fields = set(re.findall(r"^  (\w+):", typescript.partition("export interface Status")[2].partition("}")[0], re.M))
    assert fields <= set(Status.__struct_fields__)
    assert re.findall(r'"(\w+)"', typescript.partition("PARTS = ")[2].partition("]")[0]) == list(Part)
    assert set(re.findall(r'"(\w+)"', typescript.partition("type State = ")[2].partition(";")[0])) == {
        *State, "unknown",
    }  # fmt: skip


def test_metrics_are_what_cloudwatch_reads_and_of_nobody() -> None:
    outcome = msgspec.structs.replace(
        found(calls=State.FAULT),
        cause=Cause.RELAY_TLS,
        join_ms=900,
        first_picture_ms={"udp": 950},
        round_trip_ms={"udp": 40},
    )
    run, way = (json.loads(line) for line in metrics.lines(outcome, "elvenes-prod"))
    assert (run[metrics.OK], run[metrics.JOIN], run["cause"]) == (0, 900, "relay_tls")
    assert (way[metrics.FIRST_PICTURE], way[metrics.ROUND_TRIP], way["Path"]) == (950, 40, "udp")
    for line in (run, way):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert all(name in line for names in directive["Dimensions"] for name in names)
        assert all(metric["Name"] in line for metric in directive["Metrics"])
        assert line["_aws"]["Timestamp"] == NOW * 1000


SERVERS = [
    IceServer(["turn:relay.x.example:443?transport=udp", "turn:relay.x.example:443?transport=tcp"], "u", "c"),
    IceServer(["stun:x.example", "turns:turn.x.example?transport=tcp"], "u", "c"),
]


@pytest.mark.parametrize(
    ("wanted", "way"),
    [
        (("tls", "tcp"), ("turn.x.example", 5349, "tls")),
        (("udp",), ("relay.x.example", 443, "udp")),
        (("tcp", "udp"), ("relay.x.example", 443, "tcp")),
    ],
)
def test_a_way_through_turn_is_found_by_its_transport(wanted: tuple[str, ...], way: tuple[str, int, str]) -> None:
    assert Relay.among(SERVERS, *wanted) == Relay(*way, "u", "c")
    assert Relay.among([], *wanted) is None


def test_a_document_that_is_none_begins_anew(tmp_path: Path) -> None:
    keeping = FileKeeper(tmp_path / NAME)
    assert keeping.read() == b""
    for broken in (b"", b"{", b"[]", b'{"at": "now"}'):
        assert known(broken) is None
    written = msgspec.json.encode(after(None, found(), 300))
    keeping.write(written)
    assert known(keeping.read()) == after(None, found(), 300)


def test_in_a_bucket_it_may_be_shown_for_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="status")
        keeping = BucketKeeper("status", s3)
        assert keeping.read() == b""
        keeping.write(b"{}")
        assert keeping.read() == b"{}"
        kept = s3.get_object(Bucket="status", Key=NAME)
        assert (kept["ContentType"], kept["CacheControl"]) == ("application/json", "public, max-age=30")


def test_settings_say_what_is_missing_and_not_what_is_given() -> None:
    with pytest.raises(msgspec.ValidationError, match="key"):
        Settings.load({"VENTEROM_PROBE_ORIGIN": "https://x.example"})
    given = {"ORIGIN": "https://x.example", "KEY": "k", "ISSUER": "https://i.example", "EVERY": "300"}
    settings = Settings.load({f"VENTEROM_PROBE_{name}": value for name, value in given.items()})
    assert (settings.socket, settings.every) == ("wss://x.example/ws", 300)


def test_no_clinician_of_its_own_holds_the_calls_of_more_than_an_hour() -> None:
    names = {probing.staff_of(NOW + 3600 * hour) for hour in range(24)}
    assert names == {one["id"] for one in probing.ENTRY["staff"]}
    assert probing.staff_of(NOW - NOW % 3600) == probing.staff_of(NOW - NOW % 3600 + 3599)
