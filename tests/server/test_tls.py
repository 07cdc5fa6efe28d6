"""https in a real process: whose certificate it is, who is believed, and what refuses to start."""

import json
import ssl
import subprocess
import sys

import httpx
import pytest

from server import certificates, tls
from server.errors import Unusable
from tests.server import rig
from tests.server.rig import GATEWAY, OTHER_GATEWAY, OTHER_GATEWAY_TOKEN, ROOT, body, scan, verdicts


@pytest.fixture
def folder(tmp_path):
    """An authority, the server's certificate, those of two gateways, and a strange one."""
    made = tmp_path / "tls"
    certificates.new(made, ["localhost", "127.0.0.1"])
    certificates.for_gateway(made, GATEWAY)
    certificates.for_gateway(made, OTHER_GATEWAY)
    strange = tmp_path / "strange"
    certificates.new(strange, ["localhost", "127.0.0.1"])
    certificates.for_gateway(strange, GATEWAY)
    return made


def settings(more=""):
    return f'tls_chain_file = "tls/server.pem"\n{more}'


def trust(folder, client=None):
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    if client is not None:
        context.load_cert_chain(client)
    return context


def post(server, context, token=rig.GATEWAY_TOKEN, gateway_id=GATEWAY):
    data = rig.packed(body([scan(1)], gateway_id=gateway_id))
    url = server.url + "/api/v1/batches"
    return httpx.post(url, content=data, headers=rig.headers(token), verify=context, trust_env=False, timeout=20)


def test_batches_go_in_over_https_and_in_no_other_way(serve, folder, tmp_path):
    server = serve(before=settings())
    assert server.url.startswith("https://")
    assert verdicts(post(server, trust(folder))) == [(1, "accepted", None)]
    for context in (trust(tmp_path / "strange"), ssl.create_default_context()):
        with pytest.raises(httpx.ConnectError):
            post(server, context)
    with pytest.raises(httpx.HTTPError):
        httpx.get(server.url.replace("https", "http") + "/healthz", trust_env=False, timeout=5)


def test_a_certificate_that_is_shown_is_the_gateways_own(serve, folder, tmp_path):
    server = serve(before=settings('tls_client_ca_file = "tls/ca.crt"'))
    assert verdicts(post(server, trust(folder, folder / f"{GATEWAY}.pem"))) == [(1, "accepted", None)]
    assert verdicts(post(server, trust(folder))) == [(1, "duplicate", None)]
    other = post(server, trust(folder, folder / f"{OTHER_GATEWAY}.pem"))
    assert (other.status_code, other.json()["code"]) == (403, "other_certificate")
    with pytest.raises(httpx.HTTPError):
        post(server, trust(folder, tmp_path / "strange" / f"{GATEWAY}.pem"))


def test_a_gateway_that_has_to_show_a_certificate_is_not_let_in_without(serve, folder):
    more = f'[[gateways]]\nid = "gw-3"\ntoken_sha256 = "{rig.sha256("three")}"\ncertificate_required = true\n'
    server = serve(before=settings('tls_client_ca_file = "tls/ca.crt"'), more=more)
    certificates.for_gateway(folder, "gw-3")
    refused = post(server, trust(folder), "three", "gw-3")
    assert (refused.status_code, refused.json()["code"]) == (401, "no_certificate")
    let_in = post(server, trust(folder, folder / "gw-3.pem"), "three", "gw-3")
    assert verdicts(let_in) == [(1, "quarantined", "box_not_assigned")]
    stolen = post(server, trust(folder, folder / "gw-3.pem"), OTHER_GATEWAY_TOKEN, OTHER_GATEWAY)
    assert stolen.json()["code"] == "other_certificate"


def test_a_header_or_a_name_in_the_request_is_no_certificate(serve, folder):
    more = f'[[gateways]]\nid = "gw-3"\ntoken_sha256 = "{rig.sha256("three")}"\ncertificate_required = true\n'
    server = serve(before=settings('tls_client_ca_file = "tls/ca.crt"'), more=more)
    headers = {**rig.headers("three"), "tram_certificate": "gw-3", "X-SSL-Client-CN": "gw-3"}
    data = rig.packed(body([scan(1)], gateway_id="gw-3"))
    url = server.url + "/api/v1/batches"
    answer = httpx.post(url, content=data, headers=headers, verify=trust(folder), trust_env=False)
    assert answer.json()["code"] == "no_certificate"


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ('tls_chain_file = "tls/none.pem"', "none.pem"),
        ('tls_chain_file = "tls/ca.crt"', "ca.crt"),
        ('tls_client_ca_file = "tls/ca.crt"', "tls_chain_file"),
        (settings('tls_client_ca_file = "tls/none.crt"'), "none.crt"),
        (settings('tls_client_ca_file = "server.toml"'), "server.toml"),
        ('sealing_key_files = ["none.key"]', "none.key"),
        ('sealing_key_files = ["tls/server.pem"]', "server.pem"),
        ('sealing_key_file = "x"', "sealing_key_file"),
    ],
)
def test_what_cannot_be_used_refuses_to_start_and_is_named(tmp_path, folder, before, why):
    command = [sys.executable, "-m", "server", "--config", str(rig.settings(tmp_path, before=before))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
    assert done.returncode == 2
    assert why in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["event"] == "refused_to_start"


def test_the_authority_is_made_once_and_the_certificate_anew(folder):
    before = (folder / "ca.pem").read_bytes(), (folder / "server.pem").read_bytes()
    certificates.new(folder, ["other.example"])
    assert (folder / "ca.pem").read_bytes() == before[0]
    assert (folder / "server.pem").read_bytes() != before[1]
    assert certificates.is_issued_by(folder / "server.pem", folder / "ca.crt")
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.pem")} == {0o600}


def test_an_authority_that_is_gone_or_damaged_is_not_made_anew_in_silence(folder, tmp_path):
    (folder / "ca.pem").rename(tmp_path / "kept.pem")
    for call in (lambda: certificates.new(folder, ["x.example"]), lambda: certificates.for_gateway(folder, "gw-1")):
        with pytest.raises(Unusable) as err:
            call()
        assert err.value.code == "certificate"
    (folder / "ca.pem").write_text("damaged")
    (folder / "ca.pem").chmod(0o600)
    with pytest.raises(Unusable):
        certificates.new(folder, ["x.example"])


def test_a_chain_that_others_may_read_is_refused(folder):
    (folder / "server.pem").chmod(0o644)
    with pytest.raises(Unusable) as err:
        tls.context(folder / "server.pem", "")
    assert err.value.code == "key_file"
