"""The class of a whole change."""

from itertools import permutations

from trust_framework.danger import Danger, worst


def test_a_whole_change_is_of_the_class_of_its_worst_part():
    for parts in permutations(Danger):
        assert worst(parts) is Danger.DANGEROUS
    assert worst([Danger.CAREFUL, Danger.HARMLESS]) is Danger.CAREFUL


def test_what_changes_nothing_is_harmless():
    assert worst([]) is Danger.HARMLESS
