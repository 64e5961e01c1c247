"""The protocol's parsers: whatever arrives is a message or one of our errors."""

import json
import typing
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import protocol
from chalicelib.errors import BadRequest, BadSdp, NotJson, TooLarge, UnknownMessage
from chalicelib.protocol import MAX_FRAME, MAX_MESSAGE, MAX_SDP, Message, Room, encode, looks_like_sdp

SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
PARSERS = {
    "FromPatient": protocol.parse_patient,
    "FromGuest": protocol.parse_guest,
    "FromClinician": protocol.parse_clinician,
    "FromSecretary": protocol.parse_secretary,
    "FromWorker": protocol.parse_worker,
    "ToWorker": protocol.parse_to_worker,
    "OnCallFromPage": protocol.parse_on_call,
}
TYPES = sorted({c.__struct_config__.tag for u in PARSERS for c in typing.get_args(getattr(protocol, u))})

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = ["consultation", "call", "n", "sdp", "room", "seat", "devices", "network", "day", "probe", "worker"]
nearly_messages = st.builds(
    lambda kind, fields: json.dumps(fields | {"type": kind}),
    st.sampled_from(TYPES) | st.text(),
    st.dictionaries(st.sampled_from(FIELDS), json_values | st.sampled_from(["a.b.1", "patient", SDP, "2026-01-01"])),
)
anything = st.binary() | st.text(st.characters()) | json_values.map(json.dumps) | nearly_messages


@pytest.mark.parametrize("union", PARSERS)
@given(data=anything)
def test_a_parser_gives_a_message_or_one_of_our_errors(union: str, data: str | bytes) -> None:
    try:
        message = PARSERS[union](data)
    except BadRequest:
        return
    assert isinstance(message, typing.get_args(getattr(protocol, union)))


def messages(union: str) -> st.SearchStrategy[Message]:
    return st.one_of(*(build(cls) for cls in typing.get_args(getattr(protocol, union))))


def build(cls: type[Message]) -> st.SearchStrategy[Message]:
    # Only the fields' own strategies can meet their patterns.
    special: dict[str, st.SearchStrategy[Any]] = {
        "sdp": st.just(SDP),
        "room": st.just("trust.consultation.7"),
        "rooms": st.lists(st.just("trust.consultation.7"), max_size=3),
        "day": st.dates().map(lambda d: d.isoformat()),
        "reply_to": st.text(max_size=128),
        "trace": st.just("") | st.from_regex(r"\A00-[0-9a-f]{32}-[0-9a-f]{16}-01\Z"),
    }
    ids = st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z")
    by_name: dict[str, st.SearchStrategy[Any]] = {
        name: special[name] for name in cls.__struct_fields__ if name in special
    }
    for field in msgspec.structs.fields(cls):
        if field.name not in by_name:
            by_name[field.name] = _of(msgspec.inspect.type_info(field.type), ids)
    if cls.__name__ == "Heartbeat":
        by_name["rooms"] = st.integers(0, 10_000)
    return st.builds(cls, **by_name)


def _of(info: msgspec.inspect.Type, ids: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    match info:
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.IntType(ge=low, le=high):
            return st.integers(low or 0, high if high is not None else 1_000)
        case msgspec.inspect.FloatType(ge=low, le=high):
            return st.floats(low or 0, high or 1)
        case msgspec.inspect.StrType(max_length=22):
            return st.from_regex(r"\A([A-Za-z0-9_-]{22})?\Z")
        case msgspec.inspect.StrType(pattern=pattern, max_length=most):
            return ids.map(lambda text: text[:most]) if pattern else st.text(max_size=30)
        case msgspec.inspect.EnumType(cls=enum):
            return st.sampled_from(list(enum))
        case msgspec.inspect.UnionType(types=types):
            return st.one_of(*(_of(part, ids) for part in types))
        case msgspec.inspect.ListType(item_type=item):
            return st.lists(_of(item, ids), max_size=2)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_of(key, ids), _of(value, ids), min_size=info.min_length or 0, max_size=3)
        case msgspec.inspect.StructType(cls=cls):
            fields = {f.name: _of(msgspec.inspect.type_info(f.type), ids) for f in msgspec.structs.fields(cls)}
            return st.builds(cls, **fields)
    raise TypeError(info)


@pytest.mark.parametrize("union", PARSERS)
@given(data=st.data())
def test_what_was_encoded_is_parsed_back(union: str, data: st.DataObject) -> None:
    message = data.draw(messages(union))
    assert PARSERS[union](encode(message)) == message
    assert PARSERS[union](encode(message).decode()) == message


@given(st.integers(0, MAX_SDP), st.sampled_from(["a", '"', "\\", "ø"]))
def test_the_longest_honest_offer_fits_one_frame(length: int, filler: str) -> None:
    sdp = ("v=0\r\n" + "a=" + filler * length)[: MAX_SDP if filler == "a" else MAX_SDP // 4]
    offer = protocol.Offer(consultation="c" * 64, call=1_000_000, n=1_000_000, sdp=sdp)
    assert len(encode(offer)) <= MAX_FRAME


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("", NotJson),
        ("{", NotJson),
        ("\ud800", NotJson),
        (b"\xff\xfe", NotJson),
        ("[" * 100_000, UnknownMessage),
        ("null", UnknownMessage),
        ("[]", UnknownMessage),
        ("{}", UnknownMessage),
        ('{"type":"nonsense"}', UnknownMessage),
        ('{"type":"hello","more":1}', UnknownMessage),
        ('{"type":"call","consultation":"c"}', UnknownMessage),  # a clinician's message
        ('{"type":"accept","consultation":"c","call":-1}', UnknownMessage),
        ('{"type":"accept","consultation":"c","call":"1"}', UnknownMessage),
        ('{"type":"offer","consultation":"c","call":1,"n":1,"sdp":"hello"}', BadSdp),
        ('{"type":"offer","consultation":"c","call":1,"n":1,"sdp":"' + "a" * (MAX_SDP + 1) + '"}', UnknownMessage),
        (" " * (MAX_MESSAGE + 1), TooLarge),
        ("ø" * (MAX_MESSAGE // 2 + 1), TooLarge),
    ],
)
def test_bad_input_has_its_error(data: str | bytes, error: type[BadRequest]) -> None:
    with pytest.raises(error) as raised:
        protocol.parse_patient(data)
    assert type(raised.value) is error


def test_what_a_role_may_send_is_what_its_union_lists() -> None:
    senders = {u: {c.__struct_config__.tag for c in typing.get_args(getattr(protocol, u))} for u in PARSERS}
    for union, tags in senders.items():
        for tag in set(TYPES) - tags:
            with pytest.raises(UnknownMessage):
                PARSERS[union](json.dumps({"type": tag}))


@given(st.text())
def test_sdp_is_recognised_without_an_exception(text: str) -> None:
    assert looks_like_sdp(text) in (True, False)


def test_a_rooms_name_is_parsed_back() -> None:
    assert Room.parse(str(Room("elvenes", "c-1_x", 12))) == Room("elvenes", "c-1_x", 12)
