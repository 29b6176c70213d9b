"""The record viewer: a client that asks for one patient's notes, and shows those that it is given.

Owns its page and its request. `authorization_details` (RFC 9396) are about a patient, so the request goes by POST, from a form
that the person sees. What comes back, and all else that a client does, is as for the other services.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import requests
from flask import abort, g, render_template, request

from broker.demo import notes
from broker.demo.federation import RECORD
from broker.demo.people import PERSONAS
from broker.demo.places import Places
from broker.demo.sample import LoggedIn, Remembered, who_asks

TIMEOUT: Final = 10
OK: Final = 200
CLOSED: Final = "closed"
"""Of what a token does not open though it was not withheld when the token was given: something has changed since."""


@dataclass(frozen=True, slots=True)
class Row:
    """A unit: its note when it is open, else the word for why not."""

    unit: str
    name: str
    note: str
    why: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Its pages. `party` is the client at Authlib, `people` who is logged in where."""

    places: Places
    party: Any
    people: Remembered[LoggedIn]

    def page(self) -> str:
        """`/record`: the notes of the patient that was asked for, each or why not; and another patient."""
        who = self.people.get(f"{who_asks()}.{RECORD.name}")
        patients = [PERSONAS[person] for person in notes.NOTES]
        rows, granted = (tuple(self._rows(who)), self._granted(who)) if who else ((), {})
        number = granted.get("patient", {}).get("value", "")
        return render_template(
            "record.html",
            client=RECORD,
            who=who,
            rows=rows,
            raw=json.dumps(granted, indent=2, ensure_ascii=False),
            patients=patients,
            patient=next((each for each in patients if each.number == number), None),
            broker=self.places.broker,
        )

    def login(self) -> str:
        """`/record/login`: what will be asked of the broker, in a form."""
        person = request.args.get("patient", "")
        if person not in notes.NOTES:
            abort(404)
        details = json.dumps([notes.asked(person)], ensure_ascii=False)
        callback = RECORD.callback(self.places)
        made = self.party.create_authorization_url(callback, ui_locales=g.language, authorization_details=details)
        self.party.save_authorize_data(redirect_uri=callback, **made)
        parts = urlsplit(made["url"])
        return render_template(
            "record_ask.html",
            client=RECORD,
            patient=PERSONAS[person],
            action=parts._replace(query="").geturl(),
            fields=parse_qsl(parts.query),
            raw=json.dumps(notes.asked(person), indent=2, ensure_ascii=False),
        )

    def _granted(self, who: LoggedIn) -> dict[str, Any]:
        """What the token response said (RFC 9396 section 7)."""
        (granted,) = who.secret["token"]["authorization_details"]
        return dict(granted)

    def _rows(self, who: LoggedIn) -> Iterator[Row]:
        found = self._fetched(who)
        withheld = {each["id"]: each["access"] for each in self._granted(who).get("withheld", ())}
        for unit, (_, name) in notes.UNITS.items():
            note = found.get(unit, {}).get(g.language, "")
            yield Row(unit, name, note, "" if note else withheld.get(unit, CLOSED))

    def _fetched(self, who: LoggedIn) -> dict[str, Any]:
        """What the record service gives for the token, none when it says no."""
        bearer = {"Authorization": f"Bearer {who.secret['token']['access_token']}"}
        answer = requests.get(f"{self.places.api}/notes", headers=bearer, verify=str(self.places.ca), timeout=TIMEOUT)
        return dict(answer.json()["notes"]) if answer.status_code == OK else {}
