"""The shape lint: the house rules that ruff, mypy and import-linter cannot say.

Run with ``python -m tools.lint`` from the root of the project. Each rule is a function that takes the whole
tree (:class:`tools.lint.source.Tree`) and yields findings; none of them imports the code it looks at. What
a rule may overlook stands, with a reason, in ``exemptions.toml``; an exemption that is no longer needed is
itself a finding, so that list only shrinks.
"""
