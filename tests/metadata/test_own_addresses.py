"""Addresses of the broker's own pages: only what is theirs can be returned to."""

import pytest

from metadata.register import Service, UnprovenAddress, own_address

BASE = "https://tillit.example"
OWN = Service("tillit", home=f"{BASE}/", own=(f"{BASE}/portal", f"{BASE}/admin"))


@pytest.mark.parametrize(
    "path", ["/", "/portal", "/admin", "/portal?x=1", "/portal/5560360793/tjanster/rp?q=%2F..%2F", "/admin/a.b/c"]
)
def test_a_page_of_our_own_is_an_address(path: str):
    address = own_address(OWN, BASE + path)

    assert (address.service, address.url, address.binding) == ("tillit", BASE + path, "own")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/portal",
        f"{BASE}",
        f"{BASE}/oidc/authorize",
        f"{BASE}/portalen",
        f"{BASE}/portal/",
        f"{BASE}/portal//evil.example",
        f"{BASE}/portal/../oidc/logout",
        f"{BASE}/portal/./x",
        f"{BASE}/portal/%2e%2E/oidc",
        f"{BASE}/portal/x/..",
        f"{BASE}/portal/..?x=1",
        f"{BASE}/portal/a%2Fb",
        f"{BASE}/portal/a%5Cb",
        f"{BASE}/portal\\evil",
        f"{BASE}/portal#x",
        f"{BASE}/portal/å",
        f"{BASE}/portal?x=å",
        f"{BASE}/portal x",
        f"{BASE}/portal\n",
        f"{BASE}.evil.example/portal",
        f"{BASE}@evil.example/portal",
        "http://tillit.example/portal",
        "https://evil.example/portal",
        f"{BASE}/?x",
    ],
)
def test_anything_else_is_none(url: str):
    with pytest.raises(UnprovenAddress):
        own_address(OWN, url)


def test_another_service_has_no_such_addresses():
    with pytest.raises(UnprovenAddress):
        own_address(Service("rp", home=f"{BASE}/portal"), f"{BASE}/portal")
