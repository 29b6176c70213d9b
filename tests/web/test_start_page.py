"""The start page: outside production it lists where a person can go, and nothing else."""

from tests.support.world import Worlds, client, federation


def test_the_start_page_lists_services_for_people_and_no_api(worlds: Worlds):
    api = client("api", redirect_uris=None, grant_types=["client_credentials"], client_name="Only machines")
    page = worlds.make(federation(client(), api)).browser().get("/")
    assert "https://rp.example.org/" in page.text
    assert "https://api.example.org/" not in page.text
