"""The glance at an address never takes what the thorough look refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.redirect_uris import check_https_uri, is_plain_https


@given(st.from_regex(r"https?://[a-zA-Z0-9.:@\[\]_-]{0,30}(/[a-zA-Z0-9._%;?&=#/-]{0,20})?", fullmatch=True))
def test_what_is_taken_at_a_glance_is_taken_by_the_thorough_look(uri):
    if is_plain_https(uri):
        check_https_uri(uri)


@pytest.mark.parametrize(
    "uri",
    ["https://sp.example/acs", "https://a.b-c.example:8443/Shibboleth.sso/SAML2/POST", "https://sp.example", "https://sp.example/",
     "https://xn--9ca.example/a_b/c-d/"],
)  # fmt: skip
def test_nearly_every_address_is_seen_at_a_glance(uri):
    assert is_plain_https(uri)
    assert check_https_uri(uri).scheme == "https"


@pytest.mark.parametrize(
    "uri",
    ["http://sp.example/acs", "https://sp.example/../x", "https://sp.example/.well-known", "https://a@sp.example/", "https://sp",
     "https://127.0.0.1/", "https://0x7f.1/", "https://sp.example/a?code=1", "https://sp.example/#x", "https://sp.example:/",
     "https://sp.example:0/", "https://sp.example/%2e", "https://" + "a" * 250 + ".example/", "https://sp.example//x", "",
     "https://-a.example/", "https://a..example/", "https://sp.example/a\n"],
)  # fmt: skip
def test_everything_else_is_left_to_the_thorough_look(uri):
    assert not is_plain_https(uri)
