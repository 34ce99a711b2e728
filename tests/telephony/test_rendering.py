"""Messages with tokens."""

import json

import pytest

from telephony.flow import HangUp, Say, SendMail, SendText, Wait, load
from telephony.programs.base import CannotRender
from telephony.programs.rendering import Message

FACTS = {"transmission:contact:first_name": "Ann", "company:name": "Mill & Sons"}


def body(text: str, charset: str = "UTF-8", facts=FACTS) -> str:
    return json.loads(Message((SendText(text, charset),)).render(facts))[0]["body"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi [transmission:contact:first_name]!", "Hi Ann!"),
        ("[company:name] and [company:name]", "Mill & Sons and Mill & Sons"),
        ("[no:such:token] stays", "[no:such:token] stays"),
        ("[transmission:contact:first_name", "[transmission:contact:first_name"),
        ("[Not A:Token] [1]", "[Not A:Token] [1]"),
        ("nothing to fill", "nothing to fill"),
    ],
)
def test_tokens_are_filled_and_unknown_ones_stay(text, expected):
    assert body(text) == expected


def test_a_value_is_not_searched_for_tokens_again():
    facts = {"transmission:contact:first_name": "[company:name]", "company:name": "secret"}
    assert body("[transmission:contact:first_name]", facts=facts) == "[company:name]"


def test_a_name_cannot_bring_markup_into_a_mail_or_lines_into_its_subject():
    mail = SendMail("For [a:b]", "<p>[a:b]</p>", "[a:b]")
    facts = {"a:b": "<b>x</b>\r\nBcc: all@example.com"}
    [step] = json.loads(Message((mail,)).render(facts))
    assert step["html"] == "<p>&lt;b&gt;x&lt;/b&gt;\r\nBcc: all@example.com</p>"
    assert step["subject"] == "For <b>x</b> Bcc: all@example.com"
    assert step["plain"].startswith("<b>")


def test_a_text_that_fits_no_charset_is_refused_for_that_contact_only():
    message = Message((SendText("[a:b]", "ASCII"),))
    assert "Ann" in message.render({"a:b": "Ann"})
    with pytest.raises(CannotRender, match="ASCII"):
        message.render({"a:b": "Zoë"})


def test_a_flow_survives_being_frozen():
    flow = (Say("hello"), Wait(500), HangUp())
    assert load(json.loads(Message(flow).render({}))) == flow
