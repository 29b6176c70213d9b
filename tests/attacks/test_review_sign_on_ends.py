"""Logging out while a code is being made: the code is worth nothing, in whichever order the two are recorded."""

import pytest

from broker.login.effects import Effects, EndSignOn, SaveGrant, StartSignOn
from tests.support import effects as a
from tests.support.databases import NOW


@pytest.mark.parametrize("offline", [False, True])
def test_a_grant_saved_after_its_sign_on_has_ended_is_revoked(storage, offline):
    sign_on = a.sign_on()
    storage.commit(Effects((StartSignOn(sign_on),)))
    early, late = (a.grant(sign_on=sign_on.root, content={"offline": offline}) for _ in range(2))
    storage.commit(Effects((SaveGrant(early),)))
    storage.commit(Effects((EndSignOn(sign_on.root, NOW),)))
    storage.commit(Effects((SaveGrant(late),)))
    assert (storage.grant(early.id).revoked_at is None) == offline
    assert storage.grant(late.id).revoked_at == NOW


def test_a_grant_of_no_sign_on_or_of_one_that_stands_is_not(storage):
    sign_on = a.sign_on()
    storage.commit(Effects((StartSignOn(sign_on),)))
    own, persons = a.grant(sign_on=None), a.grant(sign_on=sign_on.root)
    storage.commit(Effects((SaveGrant(own), SaveGrant(persons))))
    assert storage.grant(own.id).revoked_at is None
    assert storage.grant(persons.id).revoked_at is None
