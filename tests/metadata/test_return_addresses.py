"""Addresses to which answers go: the register makes them, and nobody else."""

import pytest

from metadata.register import POST, ReturnAddress, Service, UnprovenAddress, acs_address
from metadata.saml import read_service
from tests.support import saml_metadata as make

ACS = make.acs("https://sp.example/a", 1) + make.acs("https://sp.example/b", 2)
SERVICE = Service("sp", saml=read_service(make.entity(make.sp_role(ACS))).service)


def test_an_address_that_no_register_has_checked_is_no_return_address():
    with pytest.raises(TypeError, match="by the register only"):
        ReturnAddress(object(), "sp", "https://evil.example/acs", POST)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, "https://sp.example/a"),
        ({"index": 2}, "https://sp.example/b"),
        ({"url": "https://sp.example/b"}, "https://sp.example/b"),
    ],
)
def test_an_assertion_consumer_service_is_named_by_url_or_by_index(named, expected):
    assert acs_address(SERVICE, **named).url == expected


@pytest.mark.spec("saml-core", "3.4.1")
@pytest.mark.parametrize(
    "named",
    [{"url": "https://sp.example/a", "index": 1}, {"index": 3}, {"url": "https://sp.example/a/"}, {"url": ""}],
)
def test_what_names_two_or_none_of_them_has_no_address(named):
    with pytest.raises(UnprovenAddress):
        acs_address(SERVICE, **named)


def test_an_openid_client_has_no_assertion_consumer_service():
    with pytest.raises(UnprovenAddress):
        acs_address(Service("rp"))
