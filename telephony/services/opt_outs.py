"""Words by which somebody asks for no more texts and calls, or for them again."""

from django.conf import settings

from telephony.models import DoNotCall
from telephony.services.do_not_call import block_number
from telephony.services.numbers import to_e164

BY_TEXT = "text message"  # the source of what this module puts on the do-not-call list


def heed(*, text: str, sender: str, receiver: str, sealed: bool = False) -> str:
    """Put the sender of a STOP word on the do-not-call list, take the sender of a START word off it.

    START undoes only what a STOP word did: whoever is on the list for another reason stays. The number of a `sealed`
    sender is shown to nobody there either. Returns what was done in a word, empty when the text is no such word. Safe
    to repeat.
    """
    word = " ".join(text.upper().strip(" .!\"'\r\n\t").split())
    number = to_e164(sender) or to_e164(f"+{sender}")
    if number is None:
        return ""
    if word in _words(settings.STOP_WORDS):
        block_number(phone=number, by=None, source=BY_TEXT, reason=f"sent {word} to {receiver}", sealed=sealed)
        return "stop"
    if word in _words(settings.START_WORDS):
        DoNotCall.objects.filter(number=int(number[1:]), source=BY_TEXT).delete()
        return "start"
    return ""


def _words(given: list[str]) -> set[str]:
    return {" ".join(word.upper().split()) for word in given}
