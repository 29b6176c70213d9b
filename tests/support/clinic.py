"""A clinic for a day: one broker with its pages, its API and its contracts over mutual TLS, the people of `tests.support.ward`,
and a record system that calls both ways.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from wsgiref.simple_server import make_server

from broker.exchange import Reply
from broker.jobs.sealer import Sealer
from broker.web.rivta import rivta
from broker.web.rivta_listener import LIMITS, serve_rivta
from broker.web.rivta_tls import VerifyingContext
from tests.support.care_world import tool
from tests.support.console import OTHER, Console, consoles, document, service
from tests.support.gallery import _Silent, _Threaded
from tests.support.nginx import free_port
from tests.support.rivta import RivtaServer, ii, root
from tests.support.ward import CLINIC, NURSE, PROVIDER, WARD, care_providers, staff
from tests.support.world import MEMBER, Worlds
from trust_framework.identifiers import Identifier
from trust_framework.roles import Role

ANNA = Identifier("1.2.752.129.2.1.3.1", "191212121212")
SYSTEM = f"SE{MEMBER}-S1"
CONTRACTS = ["CheckBlocks", "StoreLog", "GetAccessLogsForPatient", "blocking", "log"]


class Contracts(RivtaServer):
    """The listener of the contracts over a world's own broker."""

    def __init__(self, folder: Path, console: Console, port: int) -> None:
        self.folder, self.on, self.base = folder, console.world.app.on, f"https://localhost:{port}"

    def serve(self, port: int) -> None:
        server = root().server("127.0.0.1", "localhost")
        paths = {"cert.pem": server.pem, "key.pem": server.key_pem, "ca.pem": root().pem}
        for name, octets in paths.items():
            (self.folder / name).write_bytes(octets)
        cert, key, ca = (self.folder / name for name in paths)
        self.listener = serve_rivta(
            f"127.0.0.1:{port}",
            VerifyingContext(cert, key, ca),
            lambda r, c: rivta(r, c, self.on),
            lambda _: Reply(200),
            limits=LIMITS,
        )
        self.listener.start()

    def stop(self) -> None:
        self.listener.stop()

    def asking(self, *_: object) -> Callable[..., Any]:
        """An operation called by zeep as the record system, with what stands in its answering element."""

        def call(name: str, **fields: Any) -> Any:
            answer = self.client(name, SYSTEM).service[name](**fields, _soapheaders={"LogicalAddress": PROVIDER})
            (content,) = (answer[each] for each in answer if each != "_value_1")
            return content

        return call


@dataclass
class Clinic:
    """What is open, and how the record system asks."""

    console: Console
    base: str
    soap: Callable[..., Any]
    checkpoints: Path

    def seal(self) -> None:
        """What the broker does each second: give what was recorded its places, and publish a checkpoint."""
        store = self.console.world.store
        Sealer(store, store.ring, store.log_origin(), self.checkpoints).run()

    def checked(self, unit: str = WARD) -> str:
        """CheckBlocks, asked over SOAP for the nurse about what the clinic recorded."""
        at = datetime.fromtimestamp(self.console.world.clock.now - 86_400, UTC)
        entity = {
            "informationStartDate": at,
            "informationEndDate": at,
            "informationCareUnitId": CLINIC,
            "informationCareProviderId": PROVIDER,
            "rowNumber": 1,
        }
        actor = {"employeeId": NURSE, "careProviderId": PROVIDER, "careUnitId": unit}
        answer = self.soap("CheckBlocks", accessingActor=actor, patientId=ii(ANNA), informationEntities=[entity])
        (row,) = answer.checkResults
        return str(row.status)

    def decided(self) -> str:
        """The decision, asked over JSON for the nurse about the same."""
        world = self.console.world
        token = world.token("journal", grant_type="client_credentials", scope="care:read").json["access_token"]
        actor = {"employee": NURSE, "unit": WARD, "provider": PROVIDER, "commission": f"SE{MEMBER}-C1"}
        patient = {"oid": ANNA.oid, "value": ANNA.value}
        resources = [{"id": "1", "provider": PROVIDER, "unit": CLINIC}]
        body = {"questions": [{"patient": patient, "actor": actor, "resources": resources}]}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = world.request("POST", "/api/v1/care/decisions", json.dumps(body).encode(), **headers)
        assert answer.status == 200, answer.text
        return str(answer.json["decisions"][0]["rulings"][0]["access"])

    def read(self) -> str:
        """The record system shows the nurse what the clinic recorded, and logs that over SOAP (StoreLog)."""
        provider = {"careProviderId": PROVIDER, "careProviderName": "Region Exempel"}
        units = [{"careUnitId": unit, "careUnitName": name} for unit, name in ((WARD, "Akuten"), (CLINIC, "Medicin"))]
        at = datetime.fromtimestamp(self.console.world.clock.now - 1, UTC)
        activity = {"activityType": "Nödöppning", "startDate": at, "purpose": "Vård och behandling"}
        user = {"userId": NURSE, "name": "Carl Andersson", "title": "Sjuksköterska", "careProvider": provider}
        resource = {"resourceType": "Journaltext", "patient": {"patientId": ii(ANNA)}, "careProvider": provider}
        record = {
            "logId": str(uuid4()),
            "system": {"systemId": SYSTEM, "systemName": "Journalen"},
            "activity": activity,
            "user": user | {"careUnit": units[0]},
            "resources": {"resource": [resource | {"careUnit": units[1]}]},
        }
        return str(self.soap("StoreLog", log=[record]).resultCode)


@contextmanager
def clinic(worlds: Worlds, folder: Path) -> Iterator[Clinic]:
    """Open for a day."""
    port, secure = free_port(), free_port()
    consumer = {
        "hsa_id": SYSTEM, "member": MEMBER, "service": "journal", "contracts": CONTRACTS, "providers": [PROVIDER],
    }  # fmt: skip
    whole = document(
        staff=staff(),
        care_providers=care_providers(),
        care_consumers=[consumer],
        services=[service("rp"), service("rp2", OTHER), tool("journal")],
    )
    base = f"http://127.0.0.1:{port}"
    console = consoles(worlds, whole, base_url=base, rivta_url=f"https://localhost:{secure}")
    console.grant("dora", (MEMBER, Role.LOG_REVIEWER))
    contracts = Contracts(folder, console, secure)
    contracts.serve(secure)
    with make_server("127.0.0.1", port, console.world.app, _Threaded, _Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield Clinic(console, base, contracts.asking(), folder / "checkpoints")
        finally:
            server.shutdown()
            thread.join(timeout=5)
            contracts.stop()
