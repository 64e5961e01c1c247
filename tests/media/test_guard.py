"""Fails when aiortc, aioice or pylibsrtp change under us (forward, ice, the planes): then read them anew first."""

import importlib.metadata
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcsctptransport import RTCSctpTransport
from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

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
    RTCDtlsTransport.__init__: ["self", "transport", "certificates"],
    RTCDtlsTransport._set_role: ["self", "role"],
    RTCDtlsTransport.start: ["self", "remoteParameters"],
    RTCSctpTransport.__init__: ["self", "transport", "port"],
    RTCSctpTransport.start: ["self", "remoteCaps", "remotePort"],
    Candidate.to_sdp: ["self"],
    candidate_foundation: ["candidate_type", "candidate_transport", "base_address"],
    candidate_priority: ["candidate_component", "candidate_type", "local_pref"],
    stun.parse_message: ["data"],
    stun.Message.check_message_integrity: ["self", "key"],
    stun.Message.add_message_integrity: ["self", "key"],
}


@pytest.mark.parametrize("function", USED, ids=lambda f: f.__qualname__)
def test_what_is_called_is_still_there(function: Callable[..., object]) -> None:
    assert list(inspect.signature(function).parameters) == USED[function]


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (RTCDtlsTransport, ["_task", "_role", "_rx_srtp", "_tx_srtp"]),
        (RTCSctpTransport, ["_advertised_rwnd", "_sack_misordered", "_inbound_streams"]),
        (Session, ["_srtp"]),
    ],
)
def test_the_attributes_are_still_set(owner: type, names: list[str]) -> None:
    source = inspect.getsource(owner)
    for name in names:
        assert f"self.{name} = " in source or f"self.{name}: " in source


@pytest.mark.parametrize("name", ["srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"])
def test_libsrtp_is_called_as_we_call_it(name: str) -> None:
    """A session, the packet, its length in and out; 0 is success (`hotpath.c`, srtp_call)."""
    kind = ffi.typeof(ffi.addressof(lib, name))
    assert [argument.cname for argument in kind.args] == ["struct srtp_ctx_t_ *", "void *", "int *"]
    assert lib.srtp_err_status_ok == 0


def test_dtls_asks_nothing_else_of_its_transport() -> None:
    """`Path` stands in for `RTCIceTransport` with exactly these."""
    source = inspect.getsource(RTCDtlsTransport)
    used = {
        word.split("transport.")[1] for word in source.replace("(", " ").split() if word.startswith("self.transport.")
    }
    assert {name.split(")")[0].rstrip(",:") for name in used} == {"role", "_recv", "_send"}
