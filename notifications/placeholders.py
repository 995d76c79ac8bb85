"""The language of message texts: ``{{ name }}`` and ``{% if name %}…{% else %}…{% endif %}``."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import FilterExpression, Node, NodeList, TextNode, Variable, VariableNode
from django.template.defaulttags import IfNode, TemplateLiteral
from django.utils.translation import gettext as _

from notifications.kinds import kinds, topic_of

EVERYWHERE = frozenset(
    {"name", "venue", "address", "resource", "date", "when", "time_zone", "party_size", "details"}
)


# Django's own engine with everything else taken out: no loading, including or extending, no filters, no
# attributes. A text is checked when it is saved; values are texts and nothing else.
class _Engine(Engine):
    default_builtins = ["notifications.template_tags"]


_plain = _Engine(autoescape=False)
_escaping = _Engine(autoescape=True)


def known_placeholders(kind: str) -> frozenset[str]:
    message_kind = kinds.get(kind)
    return EVERYWHERE | message_kind.placeholders if message_kind else frozenset()


def not_for_subjects(kind: str) -> frozenset[str]:
    """Placeholders of secrets, and of what is longer than a line."""
    if kind not in kinds:
        return frozenset()
    topic = topic_of(kind)
    return topic.long.union(topic.links, {"details"})


def find_problems(source: str, names: frozenset[str]) -> list[str]:
    """What is wrong with a text that may use ``names``, in sentences."""
    try:
        expressions = list(_list_expressions(_compile(source, False).nodelist))
    except TemplateSyntaxError as error:
        return [str(error)]
    except RecursionError:
        return [_("Too many nested “if”. Use fewer.")]
    sentences = (text for expression in expressions for text in _find_expression_problems(expression, names))
    return list(dict.fromkeys(sentences))  # each once


def _find_expression_problems(expression: FilterExpression, names: frozenset[str]) -> Iterator[str]:
    variable = expression.var
    if expression.filters:
        yield _("Remove the filter “%(text)s”. Filters can't be used here.") % {"text": expression.token}
    if not isinstance(variable, Variable) or variable.lookups is None:
        return  # a text or a number
    if variable.lookups[1:] or variable.lookups[0] not in names:
        yield _("Unknown placeholder “%(name)s”. Choose one from the list.") % {"name": variable.var}


def _list_expressions(nodes: NodeList) -> Iterator[FilterExpression]:
    for node in nodes:
        yield from _expressions_of_node(node)


def _expressions_of_node(node: Node) -> Iterator[FilterExpression]:
    if isinstance(node, VariableNode):
        yield node.filter_expression
    elif isinstance(node, IfNode):
        for condition, inside in node.conditions_nodelists:
            yield from _expressions_of_condition(condition)
            yield from _list_expressions(inside)
    elif not isinstance(node, TextNode):
        raise TemplateSyntaxError(_("Use only placeholders and “if”."))
    elif "{{" in node.s or "{%" in node.s:
        raise TemplateSyntaxError(_("Close the placeholder with }}."))


def _expressions_of_condition(condition: Any) -> Iterator[FilterExpression]:
    if isinstance(condition, TemplateLiteral):
        yield cast(FilterExpression, condition.value)
    elif condition is not None:  # None: of an "else"
        for part in (condition.first, condition.second):
            yield from _expressions_of_condition(part)


@lru_cache(maxsize=256)
def _compile(source: str, escape: bool) -> Template:
    return Template(source, engine=_escaping if escape else _plain)


def fill_placeholders(source: str, values: Mapping[str, str], *, escape: bool = False) -> str:
    """``escape`` for HTML. Raises ``TemplateSyntaxError``."""
    return str(_compile(source, escape).render(Context(dict(values), autoescape=escape)))
