"""My page (Min sida): what a person sees and decides of themselves, and of those whom they act for.

Each page stands twice in the table of routes: for the person's own, and beneath `/min-sida/for/<about>` for somebody whom they
may act for. `turn.own` is the one place that finds out whom a page is about and what may be done there.
"""
