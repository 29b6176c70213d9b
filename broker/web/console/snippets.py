"""M7: how a service is connected from a usual stack, as a ready text with the service's own values."""

from broker.exchange import Reply
from broker.federation.snippets import STACKS, Stack, UnfitValue, snippet, values_of
from broker.web.console.register import names_of
from broker.web.console.snippets_pages import Snippets, StackLink
from broker.web.console.turn import ConsoleTurn


def shown(turn: ConsoleTurn, service: str) -> Reply:
    """The text for a stack, the first of the service's protocol when none is chosen."""
    found = turn.store.register_entry("service", service)
    entry = turn.found(found, found.org if found else None)
    content = entry.content or {}
    protocol = "saml" if content.get("saml") else "oidc"
    stacks = [stack for stack in STACKS if stack.protocol == protocol]
    chosen = next((stack for stack in stacks if stack.id == turn.query.get("stack")), stacks[0])
    url = turn.at(f"/tjanster/{service}")
    page = Snippets(
        names=names_of(content, service),
        back=url,
        stacks=tuple(
            StackLink(name=stack.name, url=f"{url}/inkoppling?stack={stack.id}", current=stack is chosen)
            for stack in stacks
        ),
        stack=chosen.name,
        text=_text(chosen, service, turn),
    )
    return turn.render(page)


def _text(stack: Stack, service: str, turn: ConsoleTurn) -> str:
    """Empty when a value of the service cannot stand in program text."""
    entry = turn.store.register_entry("service", service)
    base = turn.on.services.settings.base_url
    in_test = entry is not None and (entry.content or {}).get("state") == "test"
    try:
        return snippet(stack, values_of(f"{base}/test" if in_test else base, service, (entry and entry.content) or {}))
    except UnfitValue:
        return ""
