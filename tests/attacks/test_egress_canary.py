"""Server-side request forgery: no spelling of an inside address, and no answer, leads the broker to one (RFC 6890).

A canary listens on loopback throughout; a production policy must never touch it, however it is asked to.
"""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.wire import connections
from metadata.wire.addresses import BadUrl, is_loopback, is_public, read_url
from metadata.wire.egress import Egress, EgressFailed, EgressPolicy, EgressRefused, Outbound, Purpose
from tests.support.egress import FakeEgress, reply, serving

BOTH = {"default": Purpose("default", seconds=5, schemes=("https", "http"))}
INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.0.170", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::127.0.0.1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "fe80::1", "fec0::1",
    "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "3fff::1", "5f00::1",
]  # fmt: skip
ODD_HOSTS = [
    "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "127.0.0.01", "0", "00",
    "127.0.0.1.", "1.1.1.1.1", "256.0.0.1", "1.2.3.0x4", "example.0x", "[::1", "::1", "[127.0.0.1]", "[::ffff:7f00:1%25lo]",
    "[fe80::1%eth0]", "127.0.0.1%00.example", "127。0。0。1", "①②⑦.⓪.⓪.①", "localhost\t", "exam ple", "-a.example",
    "a-.example", "a..example", "", ".", "a" * 64 + ".example", ".".join(["a" * 60] * 5),
]  # fmt: skip
ODD_URLS = [
    "file:///etc/passwd", "gopher://127.0.0.1:70/_x", "ftp://example.org/", "dict://127.0.0.1:11211/", "ldap://example.org/",
    "jar:https://example.org!/", "data:text/plain,x", "javascript:alert(1)", "//example.org/", "/path", "", "https:///x",
    "https:example.org", "https://", "https://example.org\\@127.0.0.1/", "https://user@example.org/",
    "https://user:pw@example.org/", "https://example.org:80@127.0.0.1/", "https://example.org#@127.0.0.1/",
    "https://example.org/#fragment", "https://example.org/a b", "https://example.org/\r\nHost: x", "https://example.org:0/",
    "https://example.org:65536/", "https://example.org:99999/", "https://example.org:x/", "https://example.org:/",
    "https://example.org/\x00", "https://example.org/é", "https://exämple.org/", " https://example.org/", "https://example.org/\n",
    "https://example.org/<script>", "https://example.org\x7f/", "https://[::1]x/", "http://[::1]:80:80/",
]  # fmt: skip


def refusal(egress, url, **more):
    with pytest.raises(EgressRefused) as caught:
        egress.fetch(Outbound("GET", url, **more))
    return caught.value.reason


@pytest.fixture
def canary():
    with serving(reply(b"inside")) as server:
        yield server
        assert server.connections == 0


@pytest.mark.parametrize("address", INSIDE)
def test_an_inside_address_is_refused_as_a_literal_and_behind_a_name(address):
    host = f"[{address}]" if ":" in address else address
    assert refusal(Egress(purposes=BOTH), f"https://{host}/") == "address"
    for answer in ([address], ["93.184.215.14", address], [address, "93.184.215.14"]):
        assert refusal(Egress(resolve=lambda *_, found=answer: found, purposes=BOTH), "https://x.example/") == "address"


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_an_address_in_an_odd_spelling_is_no_host(canary, host):
    for url in (f"http://{host}:{canary.port}/", f"https://{host}/"):
        if host == "127.0.0.1.":
            assert refusal(Egress(purposes=BOTH), url) == "address"
        else:
            assert refusal(Egress(EgressPolicy(loopback=True), purposes=BOTH), url).startswith("url")


@pytest.mark.parametrize("url", ODD_URLS)
def test_what_is_no_plain_url_is_refused(url):
    assert refusal(Egress(EgressPolicy(loopback=True), purposes=BOTH), url).startswith("url")


def test_loopback_by_name_and_by_number_is_refused_in_production(canary):
    for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"):
        assert refusal(Egress(purposes=BOTH), f"http://{host}:{canary.port}/") == "address"


def test_a_name_whose_address_changes_after_the_check_is_reached_at_the_address_that_was_checked(canary, monkeypatch):
    # given a name that is public when asked first and leads inside ever after
    answers = [["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]]
    asked, dialled = [], []
    egress = Egress(resolve=lambda host, _port: asked.append(host) or answers.pop(0), purposes=BOTH)

    def connected(self, address, seconds):
        dialled.append(str(address))
        raise ConnectionRefusedError

    monkeypatch.setattr(connections.Connection, "_connected", connected)
    # when it is called
    with pytest.raises(EgressFailed):
        egress.fetch(Outbound("GET", f"http://rebind.example:{canary.port}/"))
    # then it was asked once, and the connection went to that answer
    assert (asked, dialled) == (["rebind.example"], ["93.184.215.14"])


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_to_the_inside_is_an_answer_and_is_not_followed(canary, status):
    redirect = reply(b"", status, f"Location: {canary.url()}")
    with serving(redirect) as outside, Egress(EgressPolicy(loopback=True), purposes=BOTH) as egress:
        answer = egress.fetch(Outbound("GET", outside.url()))
    assert answer.status == int(status[:3])


def test_proxy_variables_are_not_read(canary, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url())
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(reply(b"direct")) as outside:
        egress = Egress(EgressPolicy(loopback=True), purposes=BOTH)
        assert egress.fetch(Outbound("GET", outside.url())).body == b"direct"
        egress.close()


def test_http_is_for_the_purposes_that_say_so_and_for_loopback_in_test():
    plain = Egress(EgressPolicy(loopback=True, plain_loopback=True))
    with serving(reply()) as server:
        assert refusal(Egress(EgressPolicy(loopback=True)), server.url()) == "scheme"
        assert plain.fetch(Outbound("GET", server.url())).body == b"ok"
        server.host = "localhost"
        assert plain.fetch(Outbound("GET", server.url())).body == b"ok"
        for purpose in ("ocsp", "crl"):
            with Egress(EgressPolicy(loopback=True)) as egress:
                assert egress.fetch(Outbound("GET", server.url(), purpose=purpose)).body == b"ok"
    plain.close()
    for url in ("http://example.org/", "http://93.184.215.14/"):
        assert refusal(plain, url) == "scheme"


def test_an_operators_own_network_is_reached_and_no_other():
    egress = Egress(EgressPolicy(networks=(ip_network("127.0.0.0/30"),)), purposes=BOTH)
    with serving(reply()) as server:
        assert egress.fetch(Outbound("GET", server.url())).body == b"ok"
    egress.close()
    assert refusal(egress, "http://127.0.0.5/") == "address"


@pytest.mark.parametrize(
    "headers",
    [{"Host": "inside"}, {"cookie": "a=b"}, {"Connection": "x"}, {"Content-Length": "0"}, {"Transfer-Encoding": "chunked"},
     {"Accept-Encoding": "gzip"}, {"a b": "c"}, {"a:": "c"}, {"": "c"}, {"é": "c"}, {"a": "b\r\nc: d"}, {"a": "b\0"}, {"a": "é"}],
)  # fmt: skip
def test_headers_that_would_change_the_call_are_refused(headers):
    assert refusal(Egress(), "https://example.org/", headers=headers).startswith("header")


@pytest.mark.parametrize("method", ["", "get", "GET /", "GET\r\n", "G-T", "ÅÄÖ"])
def test_a_method_is_a_word(method):
    with pytest.raises(EgressRefused, match="method"):
        Egress().fetch(Outbound(method, "https://example.org/"))


@pytest.mark.parametrize(
    ("url", "shown", "path"),
    [
        ("https://example.org", "https://example.org:443", "/"),
        ("HTTPS://Example.ORG./a/b?c=d", "https://example.org:443", "/a/b?c=d"),
        ("https://example.org:8443?x", "https://example.org:8443", "/?x"),
        ("http://93.184.215.14:8080/%20", "http://93.184.215.14:8080", "/%20"),
        (
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
            "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443",
            "/",
        ),
        ("https://xn--exmple-cua.org/", "https://xn--exmple-cua.org:443", "/"),
    ],
)
def test_a_plain_url_is_taken_apart(url, shown, path):
    target = read_url(url)
    assert (str(target), target.path_and_query) == (shown, path)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "192.0.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_public_address_is_public(address):
    assert is_public(ip_address(address))


def test_loopback_has_two_spellings():
    assert [each for each in INSIDE if is_loopback(ip_address(each))] == ["127.0.0.1", "127.1.2.3", "::1"]


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses())
def test_no_address_is_public_that_the_library_calls_anything_else(address):
    if is_public(address):
        assert address.is_global
        assert not any((address.is_private, address.is_multicast, address.is_reserved, address.is_link_local))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z0-9.\[\]:@%\\/-]{0,30}"))
def test_reading_a_url_ends_in_a_target_or_in_the_one_error(url):
    try:
        target = read_url(url)
    except BadUrl:
        return
    assert target.scheme in {"http", "https"}
    assert "@" not in target.host


def test_a_fake_client_answers_from_its_table():
    first, failed = Outbound("GET", "https://a.example/x?y=1"), EgressFailed("gone")
    fake = FakeEgress(
        {
            ("GET", "https://a.example/x"): [egress_response(200), egress_response(404)],
            ("GET", "https://a.example/dead"): failed,
            ("POST", "https://a.example/echo"): lambda outbound: egress_response(len(outbound.body)),
        }
    )
    assert [fake.fetch(first).status for _ in range(3)] == [200, 404, 404]
    assert fake.fetch(Outbound("POST", "https://a.example/echo", body=b"123")).status == 3
    for url in ("https://a.example/dead", "https://nobody.example/"):
        with pytest.raises(EgressFailed):
            fake.fetch(Outbound("GET", url))
    assert fake.calls[0] is first


def egress_response(status):
    from metadata.wire.egress import Response

    return Response(status, {}, b"")
