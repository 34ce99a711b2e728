"""Messages as somebody will receive them: tokens filled in, nothing of them run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.conf import settings

from access.entrances import without_entrances
from telephony.flow import Flow, SendMail, SendText
from telephony.models import Recording, Template, Text
from telephony.programs.base import CannotRender
from telephony.programs.rendering import Facts, Message, facts_under

# Mail is shown in a frame without scripts; this keeps it from fetching anything either.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SEALED = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
SOMEBODY = {
    "first_name": "Ann",
    "last_name": "Lee",
    "phone": "+12025550123",
    "email": "ann@example.com",
    "address": "12 Elm Street",
    "custom1": "gold",
    "custom2": "A1",
    "custom3": "",
    "description": "an example",
}


@dataclass(frozen=True)
class Preview:
    """What a contact would receive, or why it could not be made."""

    to: str
    subject: str = ""
    text: str = ""
    html: str = ""
    problem: str = ""

    @property
    def sealed_html(self) -> str:
        """The HTML body for the `srcdoc` of a sandboxed frame."""
        return SEALED + self.html


def preview_text(text: Text) -> Preview:
    """Show a text as an example contact would get it."""
    return _preview((SendText(text.data, "UTF-8"),))


def preview_template(template: Template) -> Preview:
    """Show a mail as an example contact would get it."""
    return _preview((SendMail(template.subject, template.body, template.body_alt),))


def _preview(flow: Flow) -> Preview:
    name = f"{SOMEBODY['first_name']} {SOMEBODY['last_name']}"
    try:
        [step] = orjson.loads(Message(flow).render(_facts()))
    except CannotRender as error:
        return Preview(name, problem=str(error))
    if step["do"] == SendMail.application:
        return Preview(name, subject=step["subject"], text=step["plain"], html=step["html"])
    return Preview(name, text=step["body"])


def _facts() -> Facts:
    company = settings.COMPANY
    ours = {"first_name": "", "last_name": "", "phone": company["phone"], "email": company["email"]}
    people = {"contact": SOMEBODY, "destination": SOMEBODY, "account": ours, "source": ours}
    facts = facts_under("company", company) | {"program:name": "example", "transmission:title": ""}
    for side, values in people.items():
        facts |= facts_under(f"transmission:{side}", values)
    return facts


@dataclass(frozen=True)
class Step:
    """One step of what was delivered, in words."""

    icon: str
    title: str
    text: str = ""
    html: str = ""

    @property
    def sealed_html(self) -> str:
        """The HTML body for the `srcdoc` of a sandboxed frame."""
        return SEALED + self.html


Content = list[dict[str, Any]]
REPLACED = "A sound that was replaced since."


class Parts(dict[str, Any]):
    """The parts of a step; what an old flow does not have reads as nothing."""

    def __missing__(self, name: str) -> str:
        return ""


def readable(content: Content) -> Content:
    """A flow as staff may read it, whoever it was written to."""
    shown: Content = orjson.loads(without_entrances(orjson.dumps(content).decode()))
    return shown


def sound_names(contents: Iterable[Content]) -> dict[str, str]:
    """Name the recordings that flows play, by their files; one query, none where nothing is played."""
    files = {step.get("file") for content in contents for step in content if step.get("do") in PLAYING} - {None, ""}
    return dict(Recording.objects.filter(file__in=files).values_list("file", "name")) if files else {}


def steps_of(content: Content, sounds: Mapping[str, str]) -> list[Step]:
    """Say what an attempt was to deliver, from the flow frozen in it; unknown steps are named as they are.

    Where steps lead elsewhere than to the one behind, all are numbered.
    """
    content = readable(content)
    steps = [_step(values, sounds) for values in content]
    if not any(values.get("next") for values in content):
        return steps
    return [
        replace(step, title=f"{number}. {step.title}", text="\n".join(filter(None, [step.text, *_ways(values)])))
        for number, (step, values) in enumerate(zip(steps, content, strict=True), 1)
    ]


def _ways(values: Mapping[str, Any]) -> list[str]:
    return [f"{result}: go on at {target + 1}" for result, target in values.get("next", {}).items()]


PLAYING = ("voice_play", "play_menu")
# Icon and words by what a step does; the words may name its parts.
WORDS = {
    "connect": ("call", "Answers"),
    "originate_extension": ("ring_volume", "Rings the extension {extension}"),
    "bridge": ("call_merge", "Calls the number and joins the two"),
    "input": ("dialpad", "Reads keys as “{name}”"),
    "record": ("mic", "Records {seconds} s at most"),
    "transfer": ("phone_forwarded", "Joins with the extension {number}"),
    "amd": ("smart_toy", "Listens whether a machine answered"),
    "dnc": ("block", "Notes the number as one not to call"),
    "callerid_set": ("badge", "Shows {caller} as caller"),
    "fax_send": ("fax", "Faxes {pages} pages"),
    "fax_receive": ("fax", "Receives a fax"),
    "sms_receive": ("sms", "Receives a text message"),
    "email_receive": ("mail", "Receives a mail"),
    "disconnect": ("call_end", "Hangs up"),
}


def _step(values: Mapping[str, Any], sounds: Mapping[str, str]) -> Step:
    kind = values.get("do", "")
    if kind in WORDS:
        icon, words = WORDS[kind]
        return Step(icon, words.format_map(Parts(values)))
    if kind == "voice_play":
        return Step("play_circle", "Plays a recording", sounds.get(values["file"], REPLACED))
    if kind == "play_menu":
        said = sounds.get(values["file"], REPLACED) if values.get("file") else values.get("text", "")
        return Step("dialpad", f"Asks for a key as “{values.get('name', 'key')}”", said)
    if kind == "tts" or kind.startswith("say_"):
        return Step("record_voice_over", "Says", values.get("text", values.get("value", "")))
    if kind == "wait":
        return Step("hourglass_empty", f"Waits {values.get('milliseconds', 0) / 1000:g} s")
    if kind == "log":
        return Step("edit_note", "Writes to the log", values.get("message", ""))
    if kind == "sms_send":
        return Step("sms", "Text message", values.get("body", ""))
    if kind == "email_send":
        return Step("mail", f"Mail: {values.get('subject', '')}", values.get("plain", ""), values.get("html", ""))
    return Step("help", kind, "")
