"""The pages that a person sees: typed view models, their templates, their words.

Each page is a frozen value; `render.Pages` turns a page and its frame into a reply. Nothing here knows Flask, the
database or the journey: whoever routes a request builds the value from what it knows and hands it over.
"""
