"""Fails when aiortc, aioice or pylibsrtp change under `forward.py`: then read it line by line before pinning anew."""

import importlib.metadata
import inspect
from pathlib import Path

import pytest
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, Connection, StunProtocol
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcsctptransport import RTCSctpTransport

PINNED = {"aiortc": "1.16.0", "aioice": "0.13.0", "pylibsrtp": "1.0.0"}


@pytest.mark.parametrize("name", PINNED)
def test_the_versions_are_those_forward_was_written_for(name: str) -> None:
    assert importlib.metadata.version(name) == PINNED[name]


@pytest.mark.parametrize("name", PINNED)
def test_the_image_gets_the_same(name: str) -> None:
    for file in ("requirements.in", "requirements.txt"):
        lines = Path("media_worker", file).read_text().splitlines()
        assert f"{name}=={PINNED[name]}" in [line.removesuffix(" \\") for line in lines]


USED = {
    RTCDtlsTransport._handle_rtp_data: ["self", "data", "arrival_time_ms"],
    RTCDtlsTransport._handle_rtcp_data: ["self", "data"],
    RTCDtlsTransport._set_role: ["self", "role"],
    RTCDtlsTransport.start: ["self", "remoteParameters"],
    RTCSctpTransport.start: ["self", "remoteCaps", "remotePort"],
    Connection.gather_candidates: ["self"],
    StunProtocol.__init__: ["self", "receiver"],
    candidate_foundation: ["candidate_type", "candidate_transport", "base_address"],
    candidate_priority: ["candidate_component", "candidate_type", "local_pref"],
    Connection.data_received: ["self", "data", "component"],
    Connection.query_consent: ["self"],
    Connection.build_request: ["self", "pair", "nominate"],
    StunProtocol.request: ["self", "request", "addr", "integrity_key", "retransmissions"],
}


@pytest.mark.parametrize("function", USED, ids=lambda f: f.__qualname__)
def test_what_is_overridden_and_called_is_still_there(function: object) -> None:
    assert callable(function)
    assert list(inspect.signature(function).parameters) == USED[function]


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (RTCDtlsTransport, ["_transport", "_task", "_role", "_tx_srtp"]),
        (Connection, ["_local_candidates", "_local_candidates_start", "_local_candidates_end", "_nominated"]),
        (Connection, ["_query_consent_task", "_protocols"]),
        (StunProtocol, ["local_candidate", "transport"]),
        (CandidatePair, ["protocol"]),
    ],
)
def test_the_attributes_are_still_set(owner: type, names: list[str]) -> None:
    source = inspect.getsource(owner)
    for name in names:
        assert name in owner.__annotations__ or f"self.{name} = " in source or f"self.{name}: " in source


def test_dtls_asks_nothing_else_of_its_transport() -> None:
    """`Path` stands in for `RTCIceTransport` with exactly these."""
    source = inspect.getsource(RTCDtlsTransport)
    used = {
        word.split("transport.")[1] for word in source.replace("(", " ").split() if word.startswith("self.transport.")
    }
    assert {name.split(")")[0].rstrip(",:") for name in used} == {"role", "_recv", "_send"}
