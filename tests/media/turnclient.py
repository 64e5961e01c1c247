"""A TURN client that may ask for what it should not get (RFC 8656), and tells the answer's code."""

import hashlib
import socket
import ssl
from typing import Final

from aioice.stun import Class, Message, Method, parse_message

PATIENCE: Final = 60
UDP, TCP = 17 << 24, 6 << 24  # REQUESTED-TRANSPORT: protocol number and three bytes that are reserved
OK: Final = 0
Address = tuple[str, int]


class TurnClient:
    """One connection to a TURN server of this machine: udp, tcp or tls. A request returns OK or an error's code."""

    def __init__(
        self, port: int, username: str = "", password: str = "", transport: str = "udp", host: str = "127.0.0.1"
    ) -> None:
        self._username, self._password = username, password
        self._challenge: dict[str, object] = {}
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.settimeout(PATIENCE)
        self._socket.connect((host, port))
        if transport == "tls":
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            self._socket = trusting.wrap_socket(self._socket)
        self.relayed: Address = ("", 0)

    def allocate(self, transport: int = UDP) -> int:
        """Ask for a relayed address."""
        answer = self._ask(Method.ALLOCATE, {"REQUESTED-TRANSPORT": transport})
        self.relayed = answer.attributes.get("XOR-RELAYED-ADDRESS", self.relayed)
        return answer.error_code or OK

    def permit(self, peer: Address) -> int:
        """Ask to send to an address and to hear from it."""
        return self._ask(Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": peer}).error_code or OK

    def bind(self, channel: int, peer: Address) -> int:
        """Ask for a channel to an address and port."""
        asked = {"CHANNEL-NUMBER": channel, "XOR-PEER-ADDRESS": peer}
        return self._ask(Method.CHANNEL_BIND, asked).error_code or OK

    def send(self, data: bytes, peer: Address) -> None:
        """Send without asking; nothing tells whether it was passed on."""
        attributes = {"XOR-PEER-ADDRESS": peer, "DATA": data}
        self._socket.send(bytes(Message(Method.SEND, Class.INDICATION, attributes=attributes)))

    def heard(self) -> tuple[bytes, Address]:
        """What the next peer said, and which it was."""
        attributes = parse_message(self._socket.recv(2048)).attributes
        return attributes["DATA"], attributes["XOR-PEER-ADDRESS"]

    def close(self) -> None:
        """Leave without a word; the server keeps a UDP allocation until it expires."""
        self._socket.close()

    def _ask(self, method: Method, attributes: dict[str, object]) -> Message:
        answer = self._once(method, attributes)
        # the first refusal carries what to sign with
        if answer.error_code in (401, 438) and self._username and not self._challenge:
            self._challenge = {name: answer.attributes[name] for name in ("REALM", "NONCE")}
            answer = self._once(method, attributes)
        return answer

    def _once(self, method: Method, attributes: dict[str, object]) -> Message:
        request = Message(method, Class.REQUEST, attributes=dict(attributes))
        if self._challenge:
            request.attributes |= {"USERNAME": self._username} | self._challenge
            identity = f"{self._username}:{self._challenge['REALM']}:{self._password}"
            request.add_message_integrity(hashlib.md5(identity.encode()).digest())  # noqa: S324 - RFC 8489 9.2.2
        self._socket.send(bytes(request))
        return parse_message(self._socket.recv(2048))
