"""Whatever a contact is called, a command to the switch stays one command."""

import pytest

from telephony.gateways.freeswitch import encode
from telephony.gateways.freeswitch.encode import Unsafe
from tests.support.noise import noise
from tests.support.switchboard import split_blanks, split_brackets

NASTY = [
    "Ann\nbgapi system reboot",
    "Ann\r\n\r\napi shutdown",
    "Ann}sofia/gateway/premium/900",
    "Ann,api_on_answer=system rm",
    "Ann' &park() '",
    "${system(id)}",
    "$${domain}",
    "Ann\0",
    "[leg_timeout=1]",
    "<Ann>",
    "^^;a=b",
    "a|b",
    "back\\slash",
    "two words",
    "",
]


@pytest.mark.parametrize("text", NASTY)
def test_what_a_switch_would_read_as_more_than_a_value_is_refused(text):
    with pytest.raises(Unsafe) as no:
        encode.value(text)
    assert not text or text not in str(no.value)


@pytest.mark.parametrize("text", ["+12025550100", "*78", "1001", "00442079460000#"])
def test_a_number_is_a_number(text):
    assert encode.number(text) == text


@pytest.mark.parametrize(
    "text", ["", "+", "+1 202", "12/34", "1,2", "1001\n", "１２３", "1" * 21, "sip:ann@example.com"]
)
def test_and_nothing_else_is(text):
    with pytest.raises(Unsafe):
        encode.number(text)


@pytest.mark.parametrize("first", ["api status\nexit", "api status\r", "api \0"])
def test_a_command_of_several_lines_is_refused(first):
    with pytest.raises(Unsafe):
        encode.block(first)
    with pytest.raises(Unsafe):
        encode.block("sendmsg", {"execute-app-arg": first})


def test_words_keep_what_people_read_and_lose_what_switches_do():
    assert encode.words("Müller & Söhne, «Rechnung» #12") == "Müller Söhne «Rechnung» #12"
    for text in NASTY:
        assert not set(encode.words(text)) & encode.FORBIDDEN
        assert encode.words(text).isprintable()


def test_a_path_leads_nowhere_else():
    assert encode.path("/srv/switch/out/ab12.wav") == "/srv/switch/out/ab12.wav"
    for text in ["out/a.wav", "/srv/../etc/passwd", "/srv/a b.wav", "/srv//a", "shell_stream:///bin/sh", "/srv/${x}"]:
        with pytest.raises(Unsafe):
            encode.path(text)


def test_random_texts_either_are_refused_or_arrive_as_they_are():
    passed = 0
    for text in noise(3000, longest=8):
        try:
            written = encode.variables({"name": text})
        except Unsafe:
            continue
        passed += 1
        [arrived] = split_blanks(f"{written}user/1")
        assert split_brackets(arrived) == ({"name": text}, "user/1")
    assert passed > 20
