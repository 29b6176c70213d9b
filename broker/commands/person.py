"""`tillit person`: a person is erased, as was decided elsewhere."""

from datetime import UTC, datetime

import click

from broker.audit.retention import Held
from broker.care import erasures
from broker.commands.console import as_json, show
from broker.commands.errors import Refused
from broker.commands.installation import now, opened, read_settings
from broker.federation.alarms import PERSON_FORGOTTEN, raised
from broker.login.effects import Overtaken
from broker.storage.storage import Storage
from trust_framework import patient_numbers
from trust_framework.patient_numbers import NoPatient

BY = "command"
WHY = {
    erasures.UNKNOWN: "the register knows nobody of this id or number",
    erasures.LISTED: "the directory of the federation file lists the person, who would be back with the next `tillit apply`",
    erasures.KEPT: "accesses to the person's information must be kept for some years yet (TILLIT_LOG_YEARS, five at least)",
    erasures.KEPT_BY_RULES: "a care provider's rules keep what is about the dead for a time, or for ever without the day",
    erasures.STANDING: "a block stands, or another fact of care holds",
}


@click.group()
def person() -> None:
    """Persons of the register."""


@person.command()
@click.option("--number", default="", help="The person's number.")
@click.option("--id", "id_", default="", help="The register's id of the person, in place of the number.")
@click.option("--decision", required=True, help="Reference of the decision; it stands in the log for ever, so no name.")
@click.option("--yes", is_flag=True, help="Do it; without this, nothing is changed.")
@as_json
def forget(*, number: str, id_: str, decision: str, yes: bool, json_: bool) -> None:
    """Erase a person: destroy the key that everything of theirs is sealed under. It cannot be undone.

    The log can still be verified: what was sealed stays, and nobody can read it. What must be kept by law or for a legal hold
    stands against it. Where two persons are to decide, use the page of the request; this command is told of by mail.
    """
    if bool(number) == bool(id_):
        raise click.UsageError("--number or --id")
    settings = read_settings()
    with opened(settings) as storage:
        found = id_ or _by_number(number, storage)
        seen = storage.care_version(found)
        why = erasures.hindrance(found, storage, settings.log_years, now())
        if why:
            raise Refused(WHY[why])
        if yes:
            done = erasures.forgetting(found, decision, BY, seen, now())
            alarm = raised(PERSON_FORGOTTEN, f"{settings.base_url}/admin", settings, now(), decision)
            try:
                storage.commit(done + alarm)
            except Held as error:
                raise Refused("a legal hold is about the person") from error
            except Overtaken as error:
                raise Refused("something about the person was entered meanwhile; nothing was changed") from error
    told = "erased" if yes else "nothing stands against it but a legal hold, if there is one; nothing was changed"
    show({"person": found, "erased": yes}, [f"{found}: {told}"], json_=json_)


def _by_number(number: str, storage: Storage) -> str:
    read = patient_numbers.read(number, datetime.fromtimestamp(now(), UTC).date())
    if isinstance(read, NoPatient):
        raise click.BadParameter("this is no number of a person")
    return storage.patient(read) or ""
