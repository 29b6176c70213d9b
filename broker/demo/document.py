"""An HTML document as the self-check sees it: a tree, its forms and links, and the marks for machines.

Owns reading of HTML, as far as pages of this federation need it. Fetching and sending are `browser`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

VOID: Final = frozenset({"meta", "link", "input", "br", "img", "hr", "path", "circle", "rect"})


@dataclass(eq=False)
class Node:
    """An element."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, without insignificant space."""
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join("".join(f" {part} " for part in parts).split())

    @property
    def raw(self) -> str:
        """All text inside, as it is."""
        return "".join(child if isinstance(child, str) else child.raw for child in self.children)

    def walk(self) -> Iterator["Node"]:
        """Every element inside, in the order of the document."""
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    def find(self, tag: str, **attributes: str) -> Iterator["Node"]:
        """Elements of a kind whose attributes have these values (`_` for `-`)."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        for node in self.walk():
            if node.tag == tag and all(node.attributes.get(name) == value for name, value in wanted.items()):
                yield node


@dataclass(frozen=True, slots=True)
class Form:
    """A form: where it goes, what it carries unseen or by default, and its buttons (name, value)."""

    action: str
    method: str
    fields: Mapping[str, str]
    buttons: tuple[tuple[str, str], ...]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read(html: str) -> Node:
    """The document's tree."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


def forms(document: Node) -> tuple[Form, ...]:
    """Every form, with the controls that name it from outside."""
    return tuple(_form(node, document) for node in document.find("form"))


def _form(node: Node, document: Node) -> Form:
    outside = [each for each in document.walk() if "id" in node.attributes and _belongs(each, node.attributes["id"])]
    controls = [*node.walk(), *outside]
    buttons = tuple(
        (each.attributes.get("name", ""), each.attributes.get("value", "")) for each in controls if each.tag == "button"
    )
    inputs = [each for each in controls if each.tag == "input" and _counts(each)]
    fields = {each.attributes["name"]: each.attributes.get("value", "") for each in inputs}
    return Form(node.attributes.get("action", ""), node.attributes.get("method", "get").lower(), fields, buttons)


def _belongs(control: Node, form: str) -> bool:
    return control.attributes.get("form") == form


def _counts(control: Node) -> bool:
    """Whether an input is sent as it stands: named, and checked where that is what it does."""
    attributes = control.attributes
    if "name" not in attributes:
        return False
    return attributes.get("type", "text") not in {"radio", "checkbox"} or "checked" in attributes
