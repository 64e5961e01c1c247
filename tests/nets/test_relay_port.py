"""coturn can be told which addresses it may reach, not which ports: to the workers' one port their firewall sees."""

import asyncio
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.media.turnclient import OK, PATIENCE, TurnClient
from tests.media.turnserver import credentials, turnserver
from tests.nets.wires import Host, Net, possible

PORT, OTHER = 5000, 5001
# what a security group says on AWS: nothing comes in to the workers but UDP to their port
FIREWALL = f"""
table inet workers {{
  chain in {{
    type filter hook input priority 0; policy drop;
    udp dport {PORT} accept
  }}
}}
"""


def listener(host: Host, port: int) -> socket.socket:
    with host.inside():
        heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind((host.address, port))
    heard.settimeout(PATIENCE)
    return heard


def guard(host: Host) -> None:
    subprocess.run(["ip", "netns", "exec", host.namespace, "nft", "-f", "-"], input=FIREWALL, text=True, check=True)


@pytest.mark.skipif(not possible(), reason="networks take root and /dev/net/tun")
def test_a_worker_behind_its_firewall_is_reached_at_its_port_alone(tmp_path: Path) -> None:
    async def run() -> None:
        with Net() as net:
            relay, worker = net.host("relay"), net.host("worker")
            net.wire(relay, worker)
            with listener(worker, PORT) as media, listener(worker, OTHER) as other, relay.inside():
                async with turnserver(tmp_path, relay=relay.address, listen="127.0.0.1", peers=worker.address) as turn:
                    client = TurnClient(turn.port, *credentials(time.time() + 3600))
                    assert client.allocate() == OK
                    assert client.permit((worker.address, OTHER)) == OK  # coturn cannot tell them apart
                    client.send(b"without a firewall", (worker.address, OTHER))
                    assert other.recv(100) == b"without a firewall"
                    guard(worker)
                    client.send(b"with one", (worker.address, OTHER))
                    client.send(b"media", (worker.address, PORT))
                    assert media.recv(100) == b"media"  # sent later, on the same way
                    other.setblocking(False)
                    with pytest.raises(BlockingIOError):
                        other.recv(100)

    asyncio.run(run())
