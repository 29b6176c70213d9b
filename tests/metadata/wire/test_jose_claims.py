"""Times, audience and issuer (RFC 7519 section 4.1): an absent claim is a failure."""

import pytest

from metadata.wire.claims import JoseRefused, check_audience, check_issuer, check_times

NOW = 1_800_000_000
GOOD = {"exp": NOW + 300, "iat": NOW}


def refusal(check, *arguments, **named):
    with pytest.raises(JoseRefused) as caught:
        check(*arguments, **named)
    return caught.value.reason


@pytest.mark.parametrize(
    "claims",
    [
        GOOD,
        {"exp": NOW - 59, "iat": NOW - 300},
        {"exp": NOW + 300, "iat": NOW + 60},
        {**GOOD, "nbf": NOW + 60},
    ],
)
def test_times_within_the_skew_pass(claims):
    check_times(claims, NOW)


@pytest.mark.spec("RFC 7519", "4.1.4")
@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW - 60}, "expired"),
        ({"exp": 0}, "expired"),
        ({"nbf": NOW + 61}, "not yet valid"),
        ({"iat": NOW + 61}, "issued in the future"),
        *(
            ({name: value}, f"{name} is no time")
            for name in ("exp", "nbf", "iat")
            for value in (True, False, None, "1800000300", 1800000300.0, 1.5, [NOW], {}, -1, 10**12, float("inf"))
        ),
    ],
)
def test_times_that_do_not_hold(claims, reason):
    assert refusal(check_times, {**GOOD, **claims}, NOW) == reason


@pytest.mark.parametrize("missing", ["exp", "iat"])
def test_a_missing_time_is_a_failure(missing):
    claims = {name: value for name, value in GOOD.items() if name != missing}
    assert refusal(check_times, claims, NOW) == f"no {missing}"


def test_what_is_required_is_the_callers_choice():
    check_times({}, NOW, required=())
    assert refusal(check_times, GOOD, NOW, required=("nbf",)) == "no nbf"


def test_an_age_is_counted_from_iat_which_it_makes_required():
    check_times({"iat": NOW - 360}, NOW, max_age=300, required=())
    assert refusal(check_times, {"iat": NOW - 361}, NOW, max_age=300, required=()) == "too old"
    assert refusal(check_times, {}, NOW, max_age=300, required=()) == "no iat"


def test_the_skew_can_be_smaller():
    assert refusal(check_times, {**GOOD, "exp": NOW - 10}, NOW, skew=10) == "expired"


@pytest.mark.spec("RFC 7519", "4.1.3")
@pytest.mark.parametrize("audience", ["op", ["op"], ["x", "op"]])
def test_an_audience_that_names_us_passes(audience):
    check_audience({"aud": audience}, "op")
    check_audience({"aud": audience}, ["op", "https://op/token"])


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": None},
        {"aud": 1},
        {"aud": []},
        {"aud": ["op", 1]},
        {"aud": {"op": 1}},
        {"aud": "OP"},
        {"aud": "op "},
        {"aud": "o"},
        {"aud": ""},
        {"aud": ["x"]},
    ],
)
def test_an_audience_that_does_not_name_us_is_refused(claims):
    assert refusal(check_audience, claims, "op") in {"no aud", "another audience"}


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
@pytest.mark.parametrize("audience", [["op"], ["op", "x"], [], None])
def test_a_single_audience_is_one_string(audience):
    check_audience({"aud": "op"}, "op", single=True)
    assert refusal(check_audience, {"aud": audience}, "op", single=True) == "aud is not one string"


@pytest.mark.spec("RFC 7519", "4.1.1")
@pytest.mark.parametrize("claims", [{}, {"iss": None}, {"iss": ["i"]}, {"iss": "i/"}, {"iss": "I"}])
def test_another_issuer_is_refused(claims):
    check_issuer({"iss": "i"}, "i")
    assert refusal(check_issuer, claims, "i") == "another issuer"
