"""How the portal shows what people wrote."""

import re
from typing import Any

import nh3
from django import template
from django.utils.html import linebreaks
from django.utils.safestring import SafeString

TAG = re.compile(r"<[a-zA-Z/!]")  # `a < b` is none

register = template.Library()


@register.filter
def written(text: str) -> SafeString:
    """What a coach wrote: HTML without anything that runs or styles, or plain text in its paragraphs."""
    if not TAG.search(text):
        return SafeString(linebreaks(text, autoescape=True))
    return SafeString(nh3.clean(text, link_rel="noopener noreferrer nofollow"))


@register.filter
def plain(number: Any) -> str:
    """A number without zeros that say nothing: `7.5`, not `7.500000`."""
    return f"{number.normalize():f}"


@register.filter
def of(table: dict[Any, Any], key: Any) -> Any:
    """The value of a key that is known as the page is made."""
    return table.get(key)


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], name: str) -> SafeString | str:
    """Marks the place in the navigation whose address begins the present one."""
    at = context["request"].path.removesuffix("/").split("/")[2:3] or [""]
    return SafeString('aria-current="page"') if at == [name] else ""
