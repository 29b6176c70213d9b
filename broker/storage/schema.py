"""All tables together, for migrations and the data map."""

from broker.storage import (  # noqa: F401  # importing a file registers its tables
    access_log,
    access_months,
    care_blocks,
    care_cases,
    care_consents,
    care_emergencies,
    care_relations,
    care_requests,
    care_versions,
    chained,
    consents,
    counts,
    delegations,
    domains,
    feeds,
    grants,
    jobs,
    keys,
    log,
    log_tiles,
    logins,
    names,
    once,
    persons,
    proposals,
    references,
    register,
    representations,
    roles,
    settings,
    sign_ons,
)
from broker.storage.tables import METADATA

__all__ = ["METADATA"]
