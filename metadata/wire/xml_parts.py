"""A message's parts by name, for people who read it. Nothing is decided by what stands here."""

from lxml import etree

from metadata.wire.xml import Element, XmlRefused, parse

_LONGEST = 300
_MOST = 200
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_BASE64 = {"CipherValue", "X509Certificate", "SignatureValue"}


def parts(xml: bytes) -> tuple[tuple[str, str], ...]:
    """Attributes and texts in their order, each under the names of its elements; signatures are only said to be there.

    Empty for what is no safe XML.
    """
    try:
        root = parse(xml)
    except XmlRefused:
        return ()
    found: list[tuple[str, str]] = []
    _gather(root, "", found)
    return tuple(found[:_MOST])


def _gather(element: Element, above: str, found: list[tuple[str, str]]) -> None:
    name = etree.QName(element).localname
    path = f"{above}/{name}" if above else name
    if element.tag == _SIGNATURE:
        found.append((path, "…"))
        return
    found.extend((f"{path}@{etree.QName(key).localname}", str(value)[:_LONGEST]) for key, value in element.items())
    text = (element.text or "").strip()
    if text:
        found.append((path, "…" if name in _BASE64 else text[:_LONGEST]))
    for child in element:
        _gather(child, path, found)
