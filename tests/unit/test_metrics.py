"""Metrics are lines that CloudWatch understands, of what is on the list, and of nobody."""

import json
from typing import Any

import jsonschema
import pytest

from chalicelib import probing
from chalicelib import protocol as p
from chalicelib.alphabet import measure as measured
from chalicelib.carriers import NotSent
from chalicelib.metrics import KINDS, NAMESPACE, Metric, measure
from tests.fakes.clinic import Clinic

NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
# CloudWatch's "Embedded Metric Format Specification", in our words.
EMF = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 1_500_000_000_000},
                "CloudWatchMetrics": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "additionalProperties": False,
                        "properties": {
                            "Namespace": NAME,
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {"type": "array", "maxItems": 30, "items": NAME},
                            },
                            "Metrics": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "additionalProperties": False,
                                    "properties": {"Name": NAME, "Unit": {"enum": [k.unit for k in KINDS.values()]}},
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}


def read(text: str) -> list[dict[str, Any]]:
    """The metrics among log lines, each held against the format: every name in it has a value beside it."""
    found = [line for line in map(json.loads, text.splitlines()) if "_aws" in line]
    for line in found:
        jsonschema.validate(line, EMF)
        for directive in line["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == NAMESPACE
            for metric in directive["Metrics"]:
                assert isinstance(line[metric["Name"]], int | float)
            for dimension in (d for dimensions in directive["Dimensions"] for d in dimensions):
                assert isinstance(line[dimension], str)
                assert line[dimension]
    return found


def counted(text: str) -> dict[str, float]:
    """The sum of each metric."""
    sums: dict[str, float] = {}
    for line in read(text):
        for metric in set(Metric) & line.keys():
            sums[metric] = sums.get(metric, 0) + line[metric]
    return sums


@pytest.mark.parametrize("trust", ["", "elvenes"])
@pytest.mark.parametrize("metric", Metric)
def test_each_metric_is_in_the_format(metric: Metric, trust: str, capsys: pytest.CaptureFixture[str]) -> None:
    measure({metric: 1}, trust)
    (line,) = read(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    of_trust = KINDS[metric].by_trust and bool(trust)
    assert directive["Dimensions"] == ([["System"], ["System", "Trust"]] if of_trust else [["System"]])


def test_what_the_probe_does_is_in_no_sum_of_what_people_do(capsys: pytest.CaptureFixture[str]) -> None:
    measure({Metric.JOINS_TRIED: 1}, probing.TRUST)
    (line,) = read(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["System", "Trust"]]
    assert line["Trust"] == probing.TRUST


def test_metrics_of_both_kinds_go_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    measure({Metric.SMS: 1, Metric.BUSY: 2}, "elvenes")
    (line,) = read(capsys.readouterr().out)
    assert [len(directive["Dimensions"]) for directive in line["_aws"]["CloudWatchMetrics"]] == [1, 2]


def test_a_call_is_counted_from_being_taken_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    clinic = Clinic()
    called = clinic.waiting()
    report = p.NetworkReport(verdict=p.Verdict.GOOD, transport=p.Transport.DIRECT)
    clinic.say("P", p.Tested(devices=p.DeviceReport(), network=report))
    clinic.say("C", p.Call(consultation=called.id))
    capsys.readouterr()
    for _ in range(2):  # everything may come twice
        clinic.say("P", p.Accept(consultation=called.id, call=1))
    for what, milliseconds in ((p.Timing.JOINED, 700), (p.Timing.FIRST_PICTURE, 1900), (p.Timing.RECOVERY, 2400)):
        for _ in range(2):
            assert clinic.say("P", p.Timed(called.id, 1, what, milliseconds)) == "timed"
    clinic.say("W", p.RoomQuality(f"elvenes.{called.id}.1", participants=2, good=100, fair=20, poor=0, megabytes=30))
    for _ in range(2):
        clinic.say("P", p.HangUp(consultation=called.id, call=1))
    assert counted(capsys.readouterr().out) == {
        "JoinsTried": 1,
        "ConsultationsBegun": 1,
        "JoinsSucceeded": 1,
        "FirstPictureMilliseconds": 1900,
        "RecoveryMilliseconds": 2400,
        "TalkSeconds": 120,
        "Megabytes": 30,
        "ConsultationsEnded": 1,
    }


def test_an_sms_is_counted_by_its_parts_and_when_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    clinic = Clinic()
    clinic.carrier.fail = NotSent("busy", retry=True)
    booked = clinic.book(email="kari@example.no")
    clinic.deliver(booked, "invite-1")
    assert not counted(capsys.readouterr().out).keys() & {"SmsParts", "MailSent"}
    clinic.carrier.fail = None
    for _ in range(2):  # everything may come twice
        clinic.deliver(booked, "invite-1")
    ((_, text),) = clinic.carrier.texts
    sums = counted(capsys.readouterr().out)
    assert sums["SmsParts"] == measured(text).parts > 1
    assert sums["MailSent"] == len(clinic.carrier.mails) == 1


def test_a_join_counts_only_after_a_test_that_was_passed(capsys: pytest.CaptureFixture[str]) -> None:
    clinic = Clinic()
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.say("P", p.Timed(called.id, 1, p.Timing.JOINED, 700))
    sums = counted(capsys.readouterr().out)
    assert sums["ConsultationsBegun"] == 1
    assert not sums.keys() & {"JoinsTried", "JoinsSucceeded"}


def test_a_pages_word_on_another_call_counts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    clinic = Clinic()
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    capsys.readouterr()
    assert clinic.say("P", p.Timed(called.id, 7, p.Timing.FIRST_PICTURE, 1)) == "overtaken"
    assert clinic.say("P", p.Timed("another", 1, p.Timing.FIRST_PICTURE, 1)) == "forbidden"
    assert counted(capsys.readouterr().out) == {}


def test_the_sweep_tells_how_the_workers_do(capsys: pytest.CaptureFixture[str]) -> None:
    clinic = Clinic()
    clinic.calling()
    clinic.say("W", p.Heartbeat(load=0.5, rooms=1))
    capsys.readouterr()
    clinic.services.workers.sweep()
    sums = counted(capsys.readouterr().out)
    assert (sums["Workers"], sums["Calls"], sums["WorkersLost"], sums["WorkerLoad"]) == (1, 1, 0, 50)
    clinic.clock.time += 3600
    clinic.services.workers.sweep()
    assert counted(capsys.readouterr().out)["WorkersLost"] == 1
