"""The member portal (`/portal`) and the operator console (`/admin`): one frame, one table of routes, pages by area.

`routes.CONSOLE` says which page stands where and what right it needs; `gate` is the one place that lets in. A page is a
value and a template, as everywhere; forms are WTForms whose token is bound to the browser (decision 110).
"""
