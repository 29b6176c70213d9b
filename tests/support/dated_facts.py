"""A broker with two care providers under the rules that name facts, and one under the others', asked over the JSON API alone."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tests.support import care_values as a
from tests.support.care_world import OTHER_MEMBER, call, commission, document, machine, provider, tool
from tests.support.world import MEMBER, Answer, World, Worlds

SWEDISH, SWEDISH_UNIT = "SE2321000222-VG3", "SE2321000222-U1"
COLLEAGUE, CLERK = "SE2321000016-E7", "SE2321000016-E8"
PHYSICIAN = {"employee": a.DOCTOR, "unit": a.UNIT, "provider": a.PROVIDER, "licences": ["LK"]}


def number(born: str, serial: int = 0) -> dict[str, str]:
    """The test number of somebody born on a day (YYYYMMDD): twenty of them, the next ones a day later."""
    day = date.fromisoformat(born) + timedelta(days=serial // 20)
    digits = f"{day:%Y%m%d}{980 + serial % 20}"
    return {"oid": a.PERSONNUMMER, "value": digits + a.check_digit(digits[2:])}


DEAD = number("19400101")


def facts_world(worlds: Worlds) -> World:
    """The broker. `journal` and `sender` are systems of the first provider, `far` of the second."""
    whole = document()
    whole["care_providers"] = [
        provider(a.PROVIDER, MEMBER, a.UNIT, a.OTHER_UNIT, rules="tr"),
        provider(a.OTHER_PROVIDER, OTHER_MEMBER, a.FAR_UNIT, rules="tr"),
        provider(SWEDISH, MEMBER, SWEDISH_UNIT),
    ]
    nurse = whole["staff"][0]
    nurse["healthcareProfessionalLicense"] = ["LK"]
    others = ((a.UNIT, "Vård och behandling"), (a.UNIT, "Administration"), (a.OTHER_UNIT, "Administration"))
    for n, (unit, purpose) in enumerate(others, 2):
        nurse["commissions"].append(commission(unit, hsa_id=f"SE2321000016-A{n}", commissionPurpose=purpose))
    whole["services"].append(tool("sender", scope="openid care:code care:write"))
    dead = {"id": "dead", "personalIdentityNumber": DEAD["value"], "givenName": "Eva", "sn": "Ek", "deceased": True}
    whole["persons"] = [*whole["persons"], dead]
    return worlds.make(whole)


class Register:
    """Calls of a record system about one patient; each as `journal` unless it says another `client`."""

    def __init__(self, world: World, patient: Mapping[str, str]) -> None:
        self.world, self.patient = world, dict(patient)

    def call(self, path: str, body: object = None, client: str = "journal", method: str = "POST") -> Answer:
        scope = "care:code care:write" if client == "sender" else "care:read care:write"
        return call(self.world, path, machine(self.world, client, scope), body, method)

    def enter(self, kind: str, says: Mapping[str, Any], client: str = "journal", **changes: Any) -> Answer:
        """Enter a fact about the patient, or as it says."""
        new = {"id": a.new_id(), "kind": kind, "provider": a.PROVIDER, "patient": self.patient, "says": says}
        whole = {**new, "entered": by(CLERK), **changes}
        return self.call("/facts", {key: value for key, value in whole.items() if value is not None}, client)

    def entered(self, kind: str, says: Mapping[str, Any], client: str = "journal", **changes: Any) -> str:
        """The id of a fact that was entered; a colleague has agreed where one must."""
        answer = self.enter(kind, says, client, **changes)
        assert answer.status == 200, answer.text
        if answer.json["waits"] == "colleague":
            agreed = self.confirm(answer.json["id"], client=client)
            assert agreed.status == 200, agreed.text
        return str(answer.json["id"])

    def own(self, kind: str, says: Mapping[str, Any], **changes: Any) -> str:
        """As `entered`, of the provider's own."""
        return self.entered(kind, says, patient=None, **changes)

    def confirm(self, fact: str, employee: str = COLLEAGUE, client: str = "journal") -> Answer:
        return self.call(f"/facts/{fact}/confirm", {"entered": by(employee)}, client)

    def end(self, fact: str, client: str = "journal", employee: str = CLERK, **changes: Any) -> Answer:
        return self.call(f"/facts/{fact}/end", {"entered": by(employee), **changes}, client)

    def asks(self, who: Mapping[str, Any], client: str = "journal", **resource: Any) -> tuple[str, set[str]]:
        """What somebody is told of something that was recorded long ago: the answer and the codes of its grounds."""
        row = {"id": "1", "provider": a.PROVIDER, "unit": a.UNIT, "recorded": {"start": 1, "end": 1}, **resource}
        question = {"patient": self.patient, "resources": [row], **who}
        answer = self.call("/decisions", {"questions": [question]}, client)
        assert answer.status == 200, answer.text
        (decision,) = answer.json["decisions"]
        if not decision["rulings"]:
            return decision["problem"], set()
        (ruling,) = decision["rulings"]
        return ruling["access"], {ground["code"] for ground in ruling["grounds"]}


def by(employee: str) -> dict[str, Any]:
    """Who enters something."""
    return {"registered_by": {"employee": employee}}


def staff(**changes: Any) -> dict[str, Any]:
    """The physician asks, or as it says."""
    return {"actor": {**PHYSICIAN, **changes}}


def private(person: Mapping[str, str], through: str = a.PROVIDER) -> dict[str, Any]:
    """A private person asks."""
    return {"person": dict(person), "through": through}


def problem(answer: Answer) -> tuple[int, str]:
    """What came of a call that was refused."""
    return answer.status, answer.json["code"]
