"""A day at a clinic, in a real browser and over SOAP and JSON.

A patient sets an inner block on My page. A nurse at another unit sees that something is blocked, and opens it in an emergency. A
reviewer closes the case. The patient sees all of it on My page, downloads it, and an outsider verifies the record against the
published checkpoint with the stand-alone script.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from broker.audit import standalone
from tests.support.chromium import chromium, looking
from tests.support.clinic import Clinic, clinic
from tests.support.ward import CLINIC, PATIENT, PROVIDER
from tests.support.world import MEMBER, Worlds

pytest_plugins = ["tests.support.worlds"]
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]


@pytest.fixture(scope="module")
def day(lasting_worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with clinic(lasting_worlds, tmp_path_factory.mktemp("clinic")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def open_as(page: Page, day: Clinic, path: str, name: str) -> None:
    """Open a page, and log in when asked to."""
    page.goto(f"{day.base}{path}")
    if page.locator("#username").count():
        page.fill("#username", name)
        page.locator("main button.first").click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def main(page: Page) -> str:
    return page.locator("main").inner_text()


def patient_blocks_the_clinic(page: Page, day: Clinic) -> None:
    open_as(page, day, "/min-sida/sparrar/ny", "anna")
    page.check('input[name="reach"][value="inner"]')
    page.select_option('select[name="provider"]', PROVIDER)
    page.select_option('select[name="unit"]', CLINIC)
    page.locator("main button.first").click()
    assert "Medicinmottagningen" in main(page)
    page.locator("main button.first").click()
    expect(page.locator("div.notice")).to_be_visible()


def nurse_meets_the_block_and_opens_it(page: Page, day: Clinic) -> None:
    open_as(page, day, "/vard", "carl")
    page.get_by_label("Patientens nummer").fill(PATIENT)
    press(page, "Sök")
    assert "1212" not in page.url.rpartition("/")[0]
    assert "Det finns spärrade uppgifter" in main(page)
    assert "Medicinmottagningen" not in main(page)
    press(page, "Fråga")
    expect(page.locator("table .state.err")).to_have_text("Spärrat")
    assert (day.checked(), day.decided()) == ("BLOCKED", "blocked")

    page.get_by_role("link", name="Öppna i nödläge …").click()
    page.get_by_label("Varför vården inte kan vänta").fill("Medvetslös, okänd medicinering")
    page.get_by_label("Jag förstår att det granskas av någon annan").check()
    press(page, "Öppna i nödläge")
    assert "Nödåtkomst pågår" in main(page)
    press(page, "Visa var det är spärrat")
    assert "Medicinmottagningen" in main(page)
    press(page, "Fråga")
    expect(page.locator("table .state.err")).to_have_count(0)
    assert day.decided() == "permitted"
    assert day.read() == "OK"
    press(page, "Avsluta nödåtkomsten")
    assert day.decided() == "blocked"


def reviewer_closes_the_case(page: Page, day: Clinic) -> None:
    open_as(page, day, f"/granskning/{MEMBER}/arenden", "dora")
    page.locator("main table a").first.click()
    assert "Medvetslös" in main(page)
    page.locator('form[action$="/take"] button').click()
    page.select_option('form[action$="/assess"] select', "justified")
    page.locator('form[action$="/assess"] textarea').fill("Nödläget är styrkt")
    page.locator('form[action$="/assess"] button').click()
    assert "Avslutat" in main(page)


def patient_sees_it_and_downloads_it(page: Page, day: Clinic, folder: Path) -> Path:
    open_as(page, day, "/min-sida/atkomst", "anna")
    told = main(page)
    assert "Granskad" in told
    assert "Akuten öppnade dina anteckningar i en nödsituation" in told
    assert "Carl Andersson" in told
    with page.expect_download() as coming:
        page.locator("a[href*='som=utdrag']").click()
    extract = folder / "extract.jsonl"
    coming.value.save_as(extract)
    return extract


def outsider_verifies(day: Clinic, extract: Path) -> "subprocess.CompletedProcess[str]":
    """With nothing of ours but the script: key and checkpoint are those that are published."""
    kept = extract.with_name("published")
    kept.write_bytes(urlopen(f"{day.base}/log/checkpoint").read())  # our own server
    key = urlopen(f"{day.base}/log/keys").read().decode().splitlines()[0]
    arguments = [str(extract), "--key", key, "--checkpoint", str(kept)]
    script = Path(standalone.__file__)
    return subprocess.run([sys.executable, "-I", script, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.spec("HSLF-FS 2016:40", "4.10")
def test_a_day_at_the_clinic(browser: Browser, day: Clinic, tmp_path: Path):
    with looking(browser, locale="sv-SE", java_script_enabled=False) as patient:
        assert day.checked() == "OK"
        patient_blocks_the_clinic(patient, day)
        with looking(browser, locale="sv-SE", java_script_enabled=False) as page:
            nurse_meets_the_block_and_opens_it(page, day)
            assert not page.refused
        with looking(browser, locale="sv-SE", java_script_enabled=False) as page:
            reviewer_closes_the_case(page, day)
            assert not page.refused
        day.seal()
        extract = patient_sees_it_and_downloads_it(patient, day, tmp_path)
        assert not patient.refused

    verified = outsider_verifies(day, extract)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    told = extract.read_text()
    assert "Akuten" in told
    extract.write_text(told.replace("Akuten", "Annexet", 1))
    assert outsider_verifies(day, extract).returncode != 0
