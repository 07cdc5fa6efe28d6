"""Off this machine there is TLS and nothing else, and a box knows its gateway by the authority. The real mosquitto."""

import os
import socket
import ssl
import subprocess

import pytest

from firmware.wire import topics
from gateway import certs
from gateway.mqtt import broker as broker_files
from gateway.mqtt.broker import PID_NAME
from gateway.mqtt.passwords import hash_of
from tests.gateway.brokers import GATEWAY_PASSWORD, ROOT, RealBroker, eventually, password_of
from tests.gateway.fleet import context_for
from tests.gateway.people import Person

BOX = "box-a"


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return certs.ensure(tmp_path_factory.mktemp("certs"), "localhost")


@pytest.fixture(scope="module")
def broker(tmp_path_factory, papers):
    broker = RealBroker(tmp_path_factory.mktemp("broker"), [BOX], chain_file=papers.chain_file).start()
    yield broker
    broker.kill()


def come(broker, context, host="localhost"):
    return Person(broker.tls_port, BOX, password_of(BOX), tls=context, host=host)


def test_a_box_and_the_gateway_meet_the_one_over_tls_the_other_on_the_loopback(broker, papers):
    gateway = Person(broker.port, "gateway", GATEWAY_PASSWORD)
    gateway.subscribe(topics.scan("+"))
    box = come(broker, context_for(papers.ca_der))
    box.subscribe(topics.ack(BOX))
    box.publish(topics.scan(BOX), b"over TLS")
    assert gateway.next()[1] == b"over TLS"
    gateway.publish(topics.ack(BOX), b"kept")
    assert box.next()[1] == b"kept"
    for one in (box, gateway):
        one.leave()


def test_a_gateway_by_another_authority_is_no_gateway(broker, tmp_path):
    with pytest.raises(ssl.SSLCertVerificationError):
        come(broker, context_for(certs.ensure(tmp_path, "localhost").ca_der))


def test_a_gateway_of_another_name_is_no_gateway(broker, papers):
    with pytest.raises(ssl.SSLCertVerificationError):
        come(broker, context_for(papers.ca_der), "127.0.0.1")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_versions_of_tls_are_not_spoken(broker, papers, version):
    context = context_for(papers.ca_der)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion[version]
    context.maximum_version = ssl.TLSVersion[version]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        come(broker, context)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_what_boxes_speak_is_spoken(broker, papers, version):
    context = context_for(papers.ca_der)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    come(broker, context).leave()


def test_plain_text_on_the_tls_port_gets_nowhere(broker):
    with socket.create_connection(("127.0.0.1", broker.tls_port), 10) as plain:
        plain.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0f\x00\x00")
        try:
            answer = plain.recv(100)
        except ConnectionError:
            answer = b""
    assert b"\x20\x02" not in answer


def test_micropython_comes_in_too_and_checks_the_name(broker, papers, tmp_path):
    script = tmp_path / "box.py"
    script.write_text(
        "import tls, socket, sys\n"
        "def come(name):\n"
        "    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)\n"
        "    context.verify_mode = tls.CERT_REQUIRED\n"
        "    context.load_verify_locations(open(sys.argv[1], 'rb').read())\n"
        "    sock = socket.socket()\n"
        "    sock.connect(socket.getaddrinfo('127.0.0.1', int(sys.argv[2]))[0][-1])\n"
        "    line = context.wrap_socket(sock, server_hostname=name)\n"
        "    line.write(b'\\x10\\x0c\\x00\\x04MQTT\\x04\\x02\\x00\\x0f\\x00\\x00')\n"
        "    return line.read(4)\n"
        "print(come('localhost'))\n"
        "try:\n"
        "    come('other')\n"
        "except (OSError, ValueError):\n"
        "    print('refused')\n"
    )
    # without a name and a password MQTT refuses: over TLS, by who was to be met
    command = [ROOT / ".tram/bin/micropython", "-X", "heapsize=320K", script, papers.ca_file, str(broker.tls_port)]
    done = subprocess.run(command, capture_output=True, timeout=30, text=True)
    assert done.stdout.splitlines() == [r"b' \x02\x00\x05'", "refused"], done.stderr


async def test_another_certificate_is_used_after_a_signal_and_boxes_see_no_difference(broker, papers):
    def shown():
        context = context_for(papers.ca_der)
        with (
            socket.create_connection(("127.0.0.1", broker.tls_port), 10) as tcp,
            context.wrap_socket(tcp, server_hostname="localhost") as tls,
        ):
            return tls.getpeercert(binary_form=True)

    before = shown()
    certs.renew(papers.chain_file.parent, "localhost")
    assert broker_files.reload(broker.folder / PID_NAME)
    await eventually(lambda: shown() != before, every_s=0.1)


async def test_a_hash_lets_a_box_in_and_its_end_puts_it_out(broker):
    folder, hashed = broker.folder, {"box-h": hash_of("a password of its own")}
    users = {"gateway": GATEWAY_PASSWORD, BOX: password_of(BOX)}
    assert broker_files.write_passwords(folder, "gateway", users, hashed)
    assert not broker_files.write_passwords(folder, "gateway", users, hashed)
    assert broker_files.reload(folder / PID_NAME)
    await eventually(lambda: not Person(broker.port, "box-h", "a password of its own").refused, every_s=0.1)
    stays, goes = Person(broker.port, BOX, password_of(BOX)), Person(broker.port, "box-h", "a password of its own")
    assert broker_files.write_passwords(folder, "gateway", users)
    assert broker_files.reload(folder / PID_NAME)
    await eventually(goes.gone.is_set)
    assert Person(broker.port, "box-h", "a password of its own").refused
    assert not stays.gone.is_set()
    stays.leave()


@pytest.mark.parametrize("content", [None, "", "nobody", "0", "1", "-1", "99999999999999999999", "4194304"])
def test_where_no_broker_runs_nobody_is_signalled(tmp_path, content):
    if content is not None:
        (tmp_path / "pid").write_text(content)
    assert not broker_files.reload(tmp_path / "pid")


def test_a_process_that_is_no_broker_is_not_signalled(tmp_path):
    (tmp_path / "pid").write_text(str(os.getpid()))
    assert not broker_files.reload(tmp_path / "pid")
