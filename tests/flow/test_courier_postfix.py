"""The courier's mail against Postfix, as hospitals run it: TLS, a wrong certificate, greylisting, a server that is
down, and what it will never take."""
import pytest
from courier import Authority, Courier, free_port, secret_file, until
from postfix import DOMAIN, MASTER, Greylist, Postfix

pytestmark = pytest.mark.skipif(not MASTER.exists(), reason="Postfix is not installed (another mail server may be)")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    for one in (folder, folder.parent):
        one.chmod(0o755)
    return Authority(folder)


def mail(authority, url, recipients="it, dpo", more=""):
    names = ", ".join(f"{name}@{DOMAIN}" for name in recipients.split(", "))
    return f"box:\n  kind: mail\n  url: {url}\n  from: hospitaller@{DOMAIN}\n  recipients: [{names}]\n" \
           f"  ca: {authority.ca}\n  backoff: 200ms\n  backoff-most: 400ms\n  timeout: 30s\n{more}"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_it_lies_in_the_mailbox(tmp_path, authority, scheme):
    text = "Größe: 240 records\n.\n..two\n" + "a line that is long " * 60 + "\nFrom here on\nend\n"
    with Postfix(tmp_path, authority) as server:
        port = server.port if scheme == "smtp" else server.tls_port
        with Courier(tmp_path, mail(authority, f"{scheme}://localhost:{port}")) as c:
            c.submit(3, "box", text.encode(), subject="Fünf Befunde: " + "ä" * 60)
            assert c.wait(state="delivered", id=3)["attempts"] == 1
        until(lambda: server.mails("it") and server.mails("dpo"))
        (message,), (other,) = server.mails("it"), server.mails("dpo")
    assert message["Message-ID"] == other["Message-ID"] and message["Message-ID"].startswith("<%016x." % 3)
    assert "using TLSv1." in " ".join(message.get_all("Received"))
    assert message["Return-Path"] == f"<hospitaller@{DOMAIN}>" and message["X-Original-To"] == f"it@{DOMAIN}"
    assert message["Subject"] == "Fünf Befunde: " + "ä" * 60
    assert message.get_body().get_content().replace("\r\n", "\n") == text


def test_a_certificate_of_somebody_else_gets_nothing(tmp_path, authority):
    """Then the server is given the right one, and what waited arrives."""
    with Postfix(tmp_path, Authority(tmp_path, "other")) as server:
        with Courier(tmp_path, mail(authority, f"smtp://localhost:{server.port}")) as c:
            c.submit(1, "box", b"secret")
            words = c.wait(state="retrying", id=1)["words"]
            assert "certificate" in words or "SSL" in words, words
            until(lambda: "STARTTLS" in server.log() or "SSL_accept error" in server.log())
            assert not server.mails()
            server.stop()
            server.authority = authority
            server.start()
            c.wait(state="delivered", id=1)
        until(lambda: server.mails())
        assert server.mails()[0].get_body().get_content().strip() == "secret"


def test_a_greylist_is_waited_for(tmp_path, authority):
    greylist = Greylist(times=2)
    try:
        with Postfix(tmp_path, authority, policy=greylist) as server, \
                Courier(tmp_path, mail(authority, f"smtp://localhost:{server.port}", "it")) as c:
            c.submit(1, "box", b"x")
            assert "450" in c.wait(state="retrying", id=1)["words"]
            assert c.wait(state="delivered", id=1)["attempts"] == 3
            until(lambda: server.mails())
            assert len(server.mails()) == 1 and not c.files()
            c.submit(2, "box", b"x")  # now it is known
            assert c.wait(state="delivered", id=2)["attempts"] == 1
    finally:
        greylist.close()


def test_nobody_there_is_a_failure_at_once(tmp_path, authority):
    with Postfix(tmp_path, authority) as server, \
            Courier(tmp_path, mail(authority, f"smtp://localhost:{server.port}", "it, gone")) as c:
        c.submit(1, "box", b"x")
        news = c.wait(state="failed", id=1)
        assert news["attempts"] == 1 and "550" in news["words"], news
        assert not server.mails() and not c.files()
        assert "User unknown" in server.log()


def test_too_large_is_a_failure_at_once(tmp_path, authority):
    with Postfix(tmp_path, authority, largest=20000) as server, \
            Courier(tmp_path, mail(authority, f"smtp://localhost:{server.port}")) as c:
        c.submit(1, "box", b"words " * 5000)
        news = c.wait(state="failed", id=1)
        assert news["attempts"] == 1 and "552" in news["words"], news
        c.submit(2, "box", b"words")
        c.wait(state="delivered", id=2)


def test_a_server_that_is_down_is_waited_for(tmp_path, authority):
    server = Postfix(tmp_path, authority)
    with Courier(tmp_path, mail(authority, f"smtp://localhost:{server.port}", "it")) as c:
        for id in (1, 2, 3):
            c.submit(id, "box", b"number %d" % id)
        assert "onnect" in c.wait(state="retrying", id=1)["words"]
        with server:
            for id in (1, 2, 3):
                c.wait(state="delivered", id=id)
            until(lambda: len(server.mails()) == 3)
            bodies = {m.get_body().get_content().strip() for m in server.mails()}
            assert bodies == {"number 1", "number 2", "number 3"}


def test_a_server_that_wants_our_certificate(tmp_path, authority):
    pem, key = authority.certificate("courier.example")
    secret_file(key, key.read_text())
    more = "smtpd_tls_req_ccert = yes"
    with Postfix(tmp_path, authority, more=more) as server:
        url = f"smtp://localhost:{server.port}"
        with Courier(tmp_path, mail(authority, url, "it")) as c:
            c.submit(1, "box", b"x")
            c.wait(state="retrying", id=1)
            assert not server.mails()
        with Courier(tmp_path, mail(authority, url, "it", f"  certificate: {pem}\n  certificate-key: {key}\n")) as c:
            c.wait(message="destinations", queued=0)
        until(lambda: server.mails())
