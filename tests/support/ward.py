"""A world of two care providers with staff, and their browsers: what each presses on the pages of care staff.

Anna is the patient. Carl is a nurse at the emergency department, Dora registers blocks at the medical clinic, Eva is a doctor
at another provider; all by the register's own directory.
"""

import html
import re
from dataclasses import dataclass
from typing import Any

from tests.support.console import OTHER, Console, consoles, document
from tests.support.world import MEMBER, Answer, Browser, Worlds

PROVIDER, FAR = f"SE{MEMBER}-V1", f"SE{OTHER}-V2"
CLINIC, WARD, FAR_UNIT = f"SE{MEMBER}-E1", f"SE{MEMBER}-E2", f"SE{OTHER}-E9"
NURSE, REGISTRAR, DOCTOR = f"SE{MEMBER}-N1", f"SE{MEMBER}-R1", f"SE{OTHER}-D1"
ROLE = "BIF;Spärradministratör"
CARE = "Vård och behandling"
PATIENT = "19121212-1212"
UNITS = {CLINIC: "Medicinmottagningen", WARD: "Akuten", FAR_UNIT: "Närvården"}
PROVIDERS = {PROVIDER: ("Region Exempel", MEMBER), FAR: ("Exempelkommunens vård", OTHER)}


def commission(hsa_id: str, unit: str, provider: str = PROVIDER, purpose: str = CARE) -> dict[str, Any]:
    """A commission at a unit."""
    name, org = PROVIDERS[provider]
    return {
        "hsa_id": hsa_id,
        "commissionName": f"Uppdrag {hsa_id[-2:]}",
        "commissionPurpose": purpose,
        "healthCareProviderHsaId": provider,
        "healthCareProviderName": name,
        "healthcareProviderId": org,
        **({"healthCareUnitHsaId": unit, "healthCareUnitName": UNITS[unit]} if unit else {}),
    }


def staff() -> list[dict[str, Any]]:
    """The directory."""
    return [
        {"person": "carl", "hsa_id": NURSE, "commissions": [commission(f"SE{MEMBER}-C1", WARD)]},
        {
            "person": "dora",
            "hsa_id": REGISTRAR,
            "systemRole": [ROLE],
            "commissions": [
                commission(f"SE{MEMBER}-C2", CLINIC),
                commission(f"SE{MEMBER}-C3", WARD),
                commission(f"SE{MEMBER}-C4", CLINIC, purpose="Administration"),
            ],
        },
        {"person": "eva", "hsa_id": DOCTOR, "commissions": [commission(f"SE{OTHER}-C5", FAR_UNIT, FAR)]},
    ]


def care_providers(**switches: str) -> list[dict[str, Any]]:
    """The two providers' entries."""
    units = {PROVIDER: (CLINIC, WARD), FAR: (FAR_UNIT,)}
    return [
        {
            "hsa_id": provider,
            "member": org,
            "name": {"sv": name, "en": name},
            "units": [{"hsa_id": unit, "name": {"sv": UNITS[unit], "en": UNITS[unit]}} for unit in units[provider]],
            "registrars": [ROLE],
            "switches": switches,
        }
        for provider, (name, org) in PROVIDERS.items()
    ]


AT = {
    "carl": f"/vard/SE{MEMBER}-C1",
    "dora": f"/vard/SE{MEMBER}-C2",
    "dora-ward": f"/vard/SE{MEMBER}-C3",
    "eva": f"/vard/SE{OTHER}-C5",
}
"""By name: where the pages of the commission are."""


def wards(worlds: Worlds, **switches: str) -> Console:
    """The world, its patient known to nobody's console."""
    return consoles(worlds, document(staff=staff(), care_providers=care_providers(**switches)))


@dataclass
class AtWork:
    """Somebody of the care staff at a browser, with a patient before them once they have searched."""

    console: Console
    name: str
    browser: Browser
    at: str
    bedside: str = ""

    @classmethod
    def of(cls, console: Console, name: str, patient: str = PATIENT) -> "AtWork":
        """Signed on, and at the patient's first page."""
        browser = console.sign_on(name.partition("-")[0], "/vard")
        found = cls(console, name, browser, AT[name])
        return found.with_patient(patient) if patient else found

    def with_patient(self, number: str) -> "AtWork":
        """Search for a patient."""
        answer = self.press(self.get(self.at), self.at, number=number)
        assert answer.status == 303, answer.text
        self.bedside = answer.location
        return self

    def get(self, path: str) -> Answer:
        return self.browser.get(path)

    def page(self, part: str = "") -> Answer:
        """One of the patient's pages."""
        return self.get(f"{self.bedside}{part}")

    def press(self, page: Answer, action: str, **typed: Any) -> Answer:
        """Send a form of a page; what is typed may be a list."""
        at, fields = page.form(action)
        sent = {**fields, **typed}
        return self.browser.post(at, sent)

    def fill(self, part: str, **typed: Any) -> Answer:
        """Open a form of the patient's and send it."""
        return self.press(self.page(part), part, **typed)

    def confirm(self, review: Answer) -> Answer:
        """Answer what is shown in words."""
        assert review.page == "care-review", shown(review)
        return self.press(review, self.bedside)

    def register(self, part: str, **typed: Any) -> Answer:
        """Fill in, read, confirm: the page afterwards."""
        answer = self.confirm(self.fill(part, **typed))
        assert answer.status == 303, shown(answer)
        return self.get(answer.location)

    def first(self, part: str) -> str:
        """The id of the first entry of a list."""
        found = re.search(rf'href="{re.escape(self.bedside)}{part}/([0-9a-f-]{{36}})"', self.page(part).text)
        assert found, shown(self.page(part))
        return found[1]


def shown(answer: Answer) -> str:
    """What a page says, without its markup."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return f"{answer.status} {' '.join(html.unescape(re.sub('<[^>]+>', ' ', main)).split())[1:]}"
