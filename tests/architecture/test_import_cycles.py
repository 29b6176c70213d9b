"""No module needs itself: one can be read, moved and tested after what it builds on, and before what builds on it."""

import graphlib

import grimp
import pytest

PACKAGES = ("broker", "idp_adapters", "metadata", "trust_framework")


def cycle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of one cycle, or none."""
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    graph = grimp.build_graph(*PACKAGES)

    assert len(graph.modules) > 600
    assert not cycle({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ({"a": {"b"}, "b": {"c"}}, []),
        ({"a": {"b"}, "b": {"a"}}, ["a", "b", "a"]),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"]),
    ],
)
def test_a_cycle_is_found(imports, found):
    assert sorted(set(cycle(imports))) == sorted(set(found))
