"""The networks under test are tested themselves: what a wire is told to do to packets is what happens to them."""

import socket
import subprocess
from pathlib import Path

import pytest

from tests.nets.pipe import Lane, Line
from tests.nets.wires import Host, Net, possible

PATIENCE = 30
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; beyond what an ordinary user may ask for
needs_root = pytest.mark.skipif(not possible(), reason="network namespaces need root and /dev/net/tun")
UDP_PACKET = bytes([0x45, *bytes(8), 17, *bytes(90)])
TCP_PACKET = bytes([0x45, *bytes(8), 6, *bytes(90)])


def numbered(n: int) -> bytes:
    return UDP_PACKET + n.to_bytes(2, "big")


def passed(line: Line, packets: int) -> list[int]:
    lane = Lane(line)
    for n in range(packets):
        lane.put(float(n), numbered(n))
    return [int.from_bytes(packet[-2:], "big") for packet in lane.due(float("inf"))]


def test_a_line_that_does_nothing_passes_all_at_once_and_in_order() -> None:
    lane = Lane(Line())
    for n in range(10):
        lane.put(5.0, numbered(n))
    assert lane.due(5.0) == [numbered(n) for n in range(10)]
    assert lane.next() is None


def test_the_same_seed_loses_the_same_packets() -> None:
    one = passed(Line(loss=0.1, seed=7), 2_000)
    assert one == passed(Line(loss=0.1, seed=7), 2_000)
    assert one != passed(Line(loss=0.1, seed=8), 2_000)
    assert 0.08 < 1 - len(one) / 2_000 < 0.12


def test_losses_in_bursts_have_the_share_and_the_length_asked_for() -> None:
    packets = 50_000
    here = set(passed(Line(loss=0.1, burst=4), packets))
    lost = [n for n in range(packets) if n not in here]
    runs = sum(n - 1 in here for n in lost)
    assert 0.085 < len(lost) / packets < 0.115
    assert 3.5 < len(lost) / runs < 4.5


def test_delay_and_jitter_keep_the_order() -> None:
    lane = Lane(Line(delay_ms=50, jitter_ms=30))
    for n in range(100):
        lane.put(n / 1000, numbered(n))
    assert lane.due(0.049) == []
    assert lane.due(0.099 + 0.080) == [numbered(n) for n in range(100)]


def test_a_narrow_line_queues_and_then_drops() -> None:
    lane = Lane(Line(kbps=800, queue_ms=10.5))  # 100 bytes take a millisecond
    for _ in range(20):
        lane.put(0.0, UDP_PACKET)
    assert (lane.count.passed, lane.count.lost) == (10, 10)
    assert len(lane.due(0.0055)) == 5


def test_blocked_udp_lets_tcp_pass_and_a_cut_line_nothing() -> None:
    lane = Lane(Line(udp=False))
    lane.put(0.0, UDP_PACKET)
    lane.put(0.0, TCP_PACKET)
    assert lane.due(0.0) == [TCP_PACKET]
    lane.set(Line(cut=True))
    lane.put(0.0, TCP_PACKET)
    assert lane.due(0.0) == []


def sockets(phone: Host, worker: Host) -> tuple[socket.socket, socket.socket]:
    with worker.inside():
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind((worker.address, 0))
        ear.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20)  # nobody reads before all has been sent
    with phone.inside():
        mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mouth.connect(ear.getsockname())
    ear.settimeout(PATIENCE)
    mouth.settimeout(PATIENCE)
    return mouth, ear


@needs_root
def test_a_real_wire_loses_counts_and_changes() -> None:
    with Net() as net:
        worker, phone = net.host("worker"), net.host("phone")
        wire = net.wire(phone, worker)
        mouth, ear = sockets(phone, worker)
        with mouth, ear:
            before = wire.set(up=Line(loss=0.2, delay_ms=5)).up
            for n in range(500):
                mouth.send(n.to_bytes(2, "big"))
                if n % 50 == 49:  # so that no buffer overflows: the wire has seen these
                    while wire.set().up.passed + wire.set().up.lost < before.passed + before.lost + n:
                        pass
            after = wire.set(up=Line()).up
            mouth.send(b"end")
            heard = []
            while (packet := ear.recv(100)) != b"end":
                heard.append(int.from_bytes(packet, "big"))
            assert heard == sorted(heard)
            assert 350 < len(heard) < 450
            assert abs(after.passed - before.passed - len(heard)) < 20  # a multicast report or two are counted too


@needs_root
def test_a_host_is_reached_over_the_wire_that_is_left() -> None:
    with Net() as net:
        worker, phone = net.host("worker"), net.host("phone")
        wifi, mobile = net.wire(phone, worker, name="wifi"), net.wire(phone, worker, name="mobile")

        def source() -> str:
            mouth, ear = sockets(phone, worker)
            with mouth, ear:
                mouth.send(b"here")
                address = str(ear.recvfrom(10)[1][0])
                ear.sendto(b"there", mouth.getsockname())
                assert mouth.recv(10) == b"there"
                return address

        assert source() == wifi.address(phone)
        wifi.unplug(phone)
        assert source() == mobile.address(phone)
        wifi.plug(phone)
        assert source() == wifi.address(phone)


@needs_root
def test_a_program_runs_inside_and_nothing_stays(tmp_path: Path) -> None:
    with Net() as net:
        host = net.host("phone")
        script = host.program("/bin/cat", tmp_path)
        own = subprocess.run([script, "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
        assert [row.split(":")[0].strip() for row in own.splitlines()[2:]] == ["lo"]
        assert Path("/run/netns", host.namespace).exists()
    assert not Path("/run/netns", host.namespace).exists()
