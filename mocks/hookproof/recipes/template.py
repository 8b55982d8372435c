"""Compiling what a recipe says into one Python function.

A leaf is text with expressions in braces, as in Python's f-strings: ``"{app.version} ({app.build})"``.
A leaf that is one expression and nothing else keeps the type of its value: ``"{crash.number}"`` is a number.

Expressions can look at the story, compute and compare, and call the functions of :mod:`hookproof.recipes.functions`.
They cannot reach anything else: every node of their syntax tree is checked before it is compiled.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from hookproof.errors import UnknownNameError, UsageError
from hookproof.recipes import functions

_ALLOWED: tuple[type[ast.AST], ...] = (
    ast.JoinedStr, ast.FormattedValue, ast.Constant, ast.Name, ast.Load, ast.Attribute, ast.Subscript, ast.Slice,
    ast.IfExp, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.Mult,
    ast.Div, ast.FloorDiv, ast.Mod, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
    ast.Call, ast.Tuple, ast.List,
)  # fmt: skip

FORMS = ("$for", "$do", "$join", "$concat", "$xml")
"""The keys that make a mapping in a recipe a form instead of an object."""


class TemplateError(UsageError):
    """A leaf or form that cannot be compiled; the text says where in the recipe."""


Teller = Callable[..., Any]


def compile_template(node: Any, names: tuple[str, ...], constants: Mapping[str, Any]) -> Teller:
    """Compile a template into a function of the named values, to be passed by keyword.

    Args:
        node: what YAML gave: mappings, lists, text and other scalars.
        names: the values that expressions can look at.
        constants: further values, the same at every call.

    Raises:
        TemplateError: an expression is not valid, not allowed, or uses a name that is not there.
    """
    compiler = _Compiler({*names, *constants, *functions.FUNCTIONS})
    body = compiler.node(node, "")
    arguments = ast.arguments(
        posonlyargs=[],
        args=[],
        kwonlyargs=[ast.arg(arg=name) for name in names],
        kw_defaults=[None] * len(names),
        defaults=[],
    )
    module = ast.Expression(ast.Lambda(args=arguments, body=body))
    scope = {"__builtins__": {}, "_xml": functions.xml, **functions.FUNCTIONS, **constants}
    teller: Teller = eval(compile(ast.fix_missing_locations(module), "<recipe>", "eval"), scope)  # noqa: S307 (checked)
    return teller


class _Compiler:
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def node(self, node: Any, place: str) -> ast.expr:
        if isinstance(node, str):
            return self.leaf(node, place)
        if isinstance(node, list):
            return ast.List([self.node(item, f"{place}/{index}") for index, item in enumerate(node)], ast.Load())
        if isinstance(node, dict):
            if any(str(key).startswith("$") for key in node):
                return self.form(node, place)
            keys: list[ast.expr | None] = [ast.Constant(str(key)) for key in node]
            return ast.Dict(keys, [self.node(value, f"{place}/{key}") for key, value in node.items()])
        return ast.Constant(node)

    def form(self, node: dict[str, Any], place: str) -> ast.expr:
        for key in node:
            if key not in FORMS:
                raise TemplateError(f"{place or '/'}: {UnknownNameError('form', str(key), FORMS)}")
        if "$xml" in node and len(node) == 1:
            return _call("_xml", self.node(node["$xml"], f"{place}/$xml"))
        if "$concat" in node and len(node) == 1:
            return _join("", self.node(node["$concat"], f"{place}/$concat"))
        if "$for" not in node or "$do" not in node:
            forms = "{$for: NAMES in LIST, $do: ..., $join: ...}, {$concat: [...]} or {$xml: ...}"
            raise TemplateError(f"{place or '/'}: a form is {forms}")
        return self.loop(node, place)

    def loop(self, node: dict[str, Any], place: str) -> ast.expr:
        names, _, items = str(node["$for"]).partition(" in ")
        variables = [name.strip() for name in names.split(",")]
        if not items or not all(name.isidentifier() and not name.startswith("_") for name in variables):
            raise TemplateError(f"{place}/$for: expected NAMES in LIST, got {node['$for']!r}")
        inner = _Compiler(self.names | set(variables))
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in variables]
        target = targets[0] if len(targets) == 1 else ast.Tuple(targets, ast.Store())
        source = self.expression(items, f"{place}/$for")
        loop = ast.ListComp(
            inner.node(node["$do"], f"{place}/$do"), [ast.comprehension(target=target, iter=source, ifs=[], is_async=0)]
        )
        return _join(str(node["$join"]), loop) if "$join" in node else loop

    def leaf(self, text: str, place: str) -> ast.expr:
        if "{" not in text and "}" not in text:
            return ast.Constant(text)
        # The blank behind the text keeps its last character away from the closing quotes; it is taken off again.
        joined = self.parse(f"rf'''{text} '''", text, place)
        if not isinstance(joined, ast.JoinedStr):
            raise TemplateError(f"{place}: {text!r} is not text with expressions in braces")
        last = joined.values[-1]
        if isinstance(last, ast.Constant) and last.value == " ":
            joined.values.pop()
        elif isinstance(last, ast.Constant):
            last.value = str(last.value)[:-1]
        only = joined.values[0] if len(joined.values) == 1 else None
        if isinstance(only, ast.FormattedValue) and only.conversion == -1 and only.format_spec is None:
            return only.value
        return joined

    def expression(self, text: str, place: str) -> ast.expr:
        return self.parse(text.strip(), text, place)

    def parse(self, source: str, shown: str, place: str) -> ast.expr:
        try:
            tree = ast.parse(source, mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise TemplateError(f"{place}: {shown!r} cannot be read: {error}") from error
        for part in ast.walk(tree):
            self.check(part, shown, place)
        return tree

    def check(self, part: ast.AST, shown: str, place: str) -> None:
        if not isinstance(part, _ALLOWED):
            raise TemplateError(f"{place}: {shown!r} uses {type(part).__name__}, which recipes cannot")
        if isinstance(part, ast.Name) and part.id not in self.names:
            raise TemplateError(f"{place}: {UnknownNameError('name', part.id, self.names)}")
        if isinstance(part, ast.Attribute) and part.attr.startswith("_"):
            raise TemplateError(f"{place}: {shown!r} reaches for {part.attr!r}, which recipes cannot")
        if isinstance(part, ast.Call) and not (isinstance(part.func, ast.Name) and part.func.id in functions.FUNCTIONS):
            known = ", ".join(sorted(functions.FUNCTIONS))
            raise TemplateError(f"{place}: {shown!r} calls something that is no function of recipes: {known}")


def _join(separator: str, items: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Constant(separator), "join", ast.Load()), [items], [])


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])
