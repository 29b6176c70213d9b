"""What of a member of staff is told to whom, of an access to a patient's information: every page, call and file asks here.

An entry of the log says who accessed by HSA-id, by name and by their own identity number, and has a text that proves all three
together. Whoever shows an entry or hands one out takes it as it is told (`AsTold`), and can show no more.
"""

from collections.abc import Container
from dataclasses import replace
from enum import StrEnum
from typing import NewType

from trust_framework.access_log import AccessRow
from trust_framework.care_register import CareRegister


class Reader(StrEnum):
    """Who is told of an access: the patient, with who reads for them and whoever gets a file that they asked for; the owner of
    the log (reviewers and systems of the care provider whose staff accessed); other care providers, whose information it was.
    """

    PATIENT = "patient"
    OWNER = "owner"
    OTHERS = "others"


AsTold = NewType("AsTold", AccessRow)
"""An entry with what may be told of who accessed; what may not is empty in it."""


def reader_of(row: AccessRow, providers: Container[str]) -> Reader:
    """As whom somebody reads an entry who acts for these care providers."""
    return Reader.OWNER if row.record.provider in providers else Reader.OTHERS


def as_told(row: AccessRow, reader: Reader, register: CareRegister, *, protected: bool) -> AsTold:
    """The entry as it is told. The HSA-id always stays: it is by what a question is put to the care provider.

    The name goes to those who answer for the log, and to the patient where the care provider shows names. The identity number,
    and the text that proves it, go to those who answer for the log alone. Of staff with protected identity (`protected`) nobody
    is told either.
    """
    if reader is Reader.OWNER and not protected:
        return AsTold(row)
    named = reader is Reader.PATIENT and not protected and _shows_names(row.record.provider, register)
    record = replace(row.record, user_name=row.record.user_name if named else "", person_id="")
    return AsTold(replace(row, record=record, identity_text=""))


def _shows_names(provider: str, register: CareRegister) -> bool:
    found = register.provider(provider)
    return found is not None and found.switches.staff_names_shown
