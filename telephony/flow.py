"""What a gateway can be asked to do: the steps that programs compile to and gateways run.

A flow begins when the other side is there, or when something comes in, and runs its steps in order. A step may say
where to go on for a result that it came to; so a flow without such jumps is a plain list, and an IVR is one with them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

OTHERWISE = "otherwise"  # where a step's `next` leads for every result that it does not name
MAX_RUN = 500  # steps in one attempt; whoever walks in circles longer is hung up on
MENU_KEYS = "0123456789*#"


class BadFlow(ValueError):
    """Something that is no flow; the text says why."""


@dataclass(frozen=True)
class Fact:
    """Something that a step left behind; becomes a Result (ICTCore 4.7)."""

    type: str
    name: str
    data: str


@dataclass(frozen=True)
class Step:
    """One thing to do. `application` is the name its results carry (ICTCore 4.4).

    `next` maps results to the places in the flow where it goes on; without an entry the step behind is run.
    """

    application: ClassVar[str]
    next: Mapping[str, int] = field(default_factory=dict, hash=False, kw_only=True)


@dataclass(frozen=True)
class Answer(Step):
    """Answer a call that comes in."""

    application: ClassVar[str] = "connect"


@dataclass(frozen=True)
class Ring(Step):
    """Before anybody is called, ring this extension and go on when it answers."""

    application: ClassVar[str] = "originate_extension"
    extension: str


@dataclass(frozen=True)
class Bridge(Step):
    """Call the attempt's destination and join it to the extension that was rung."""

    application: ClassVar[str] = "bridge"


@dataclass(frozen=True)
class Play(Step):
    """Play a sound file, named as the media storage knows it."""

    application: ClassVar[str] = "voice_play"
    file: str


@dataclass(frozen=True)
class Say(Step):
    """Speak a text."""

    application: ClassVar[str] = "tts"
    text: str


@dataclass(frozen=True)
class SayAs(Step):
    """Speak a value in the manner that the kind of step names."""

    value: str


@dataclass(frozen=True)
class SayAlpha(SayAs):
    """Spell letters."""

    application: ClassVar[str] = "say_alpha"


@dataclass(frozen=True)
class SayDate(SayAs):
    """Say a date."""

    application: ClassVar[str] = "say_date"


@dataclass(frozen=True)
class SayDigits(SayAs):
    """Say one digit after another."""

    application: ClassVar[str] = "say_digit"


@dataclass(frozen=True)
class SayNumber(SayAs):
    """Say a number as a whole."""

    application: ClassVar[str] = "say_number"


@dataclass(frozen=True)
class SayTime(SayAs):
    """Say a time of day."""

    application: ClassVar[str] = "say_time"


@dataclass(frozen=True)
class Wait(Step):
    """Keep silent for so many milliseconds."""

    application: ClassVar[str] = "wait"
    milliseconds: int


@dataclass(frozen=True)
class AskKey(Step):
    """Play a sound or speak a text and wait for one of `keys`, `tries` times; results: the key, or `timeout`."""

    application: ClassVar[str] = "play_menu"
    file: str = ""
    text: str = ""
    keys: str = MENU_KEYS
    timeout: int = 10  # seconds
    tries: int = 3
    name: str = "key"  # what the key is kept as


@dataclass(frozen=True)
class Input(Step):
    """Read keys until `#`; results: `success`, or `timeout` when none came."""

    application: ClassVar[str] = "input"
    name: str = "key"  # what the keys are kept as
    timeout: int = 10  # seconds
    maximum: int = 99


@dataclass(frozen=True)
class Record(Step):
    """After a tone, record until `#`, silence or the limit in seconds."""

    application: ClassVar[str] = "record"
    seconds: int = 120


@dataclass(frozen=True)
class Transfer(Step):
    """Join the call to an extension of the house, as its owner's phones reach it."""

    application: ClassVar[str] = "transfer"
    account_id: int
    number: str
    user_id: int | None = None  # the extension's owner


@dataclass(frozen=True)
class DetectMachine(Step):
    """Listen whether a `human` or a `machine` answered; these are the results."""

    application: ClassVar[str] = "amd"


@dataclass(frozen=True)
class CheckDoNotCall(Step):
    """Note the number for the do-not-call list; `value` is how it is written down."""

    application: ClassVar[str] = "dnc"
    value: str = ""


@dataclass(frozen=True)
class SetCallerID(Step):
    """Show this number from here on, as to an extension that the call is transferred to."""

    application: ClassVar[str] = "callerid_set"
    caller: str


@dataclass(frozen=True)
class SendFax(Step):
    """Send a TIFF, named as the media storage knows it, behind a cover page where `cover` holds its text."""

    application: ClassVar[str] = "fax_send"
    file: str
    header: str = ""
    cover: str = ""
    pages: int = 0  # of the file


@dataclass(frozen=True)
class ReceiveFax(Step):
    """Receive a TIFF."""

    application: ClassVar[str] = "fax_receive"


@dataclass(frozen=True)
class Log(Step):
    """Write a line to the gateway's log."""

    application: ClassVar[str] = "log"
    message: str


@dataclass(frozen=True)
class HangUp(Step):
    """End the call."""

    application: ClassVar[str] = "disconnect"


@dataclass(frozen=True)
class SendText(Step):
    """Send a text message."""

    application: ClassVar[str] = "sms_send"
    body: str
    charset: str = "UTF-8"
    encoding: int = 0
    message_class: int = 1


@dataclass(frozen=True)
class ReceiveText(Step):
    """Keep a text message that came in."""

    application: ClassVar[str] = "sms_receive"


@dataclass(frozen=True)
class File:
    """A file that a mail carries, named as the media storage knows it."""

    file: str
    name: str
    content_type: str


@dataclass(frozen=True)
class SendMail(Step):
    """Send a mail with an HTML body, a plain alternative and files.

    `sender` is the address it comes from, where that is not the attempt's source. What a machine wrote by itself is
    `automatic`, so that no machine answers it.
    """

    application: ClassVar[str] = "email_send"
    subject: str
    html: str
    plain: str = ""
    files: tuple[File, ...] = ()
    sender: str = ""
    automatic: bool = False


@dataclass(frozen=True)
class ReceiveMail(Step):
    """Keep a mail that came in, with its attachments."""

    application: ClassVar[str] = "email_receive"


Flow = tuple[Step, ...]
VOICE_STEPS: tuple[type[Step], ...] = (
    *(Answer, Ring, Bridge, Play, Say, SayAlpha, SayDate, SayDigits, SayNumber, SayTime, Wait, AskKey, Input, Record),
    *(Transfer, DetectMachine, CheckDoNotCall, SetCallerID, Log, HangUp),
)
FAX_STEPS: tuple[type[Step], ...] = (SendFax, ReceiveFax)
WRITTEN_STEPS: tuple[type[Step], ...] = (SendText, ReceiveText, SendMail, ReceiveMail)
STEPS = {step.application: step for step in (*VOICE_STEPS, *FAX_STEPS, *WRITTEN_STEPS)}


def dump(flow: Flow) -> list[dict[str, Any]]:
    """Write a flow as JSON values; a step without jumps has no `next`."""
    steps = [{"do": step.application, **asdict(step)} for step in flow]
    return [{name: value for name, value in step.items() if name != "next" or value} for step in steps]


def load(content: list[dict[str, Any]]) -> Flow:
    """Read a flow back from JSON values. Raises BadFlow, also for a jump to where no step is."""
    try:
        flow = tuple(_load_step(dict(values)) for values in content)
        targets = [target for step in flow for target in step.next.values()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadFlow(f"no flow: {error}") from error
    if any(type(target) is not int or not 0 <= target < len(flow) for target in targets):
        raise BadFlow("a step leads to where no step is")
    return flow


def after(flow: Flow, at: int, result: str) -> int:
    """Where a flow goes on when its step `at` came to `result`; its length means that it is over."""
    step = flow[at]
    if isinstance(step, HangUp):
        return len(flow)
    return step.next.get(result, step.next.get(OTHERWISE, at + 1))


def _load_step(values: dict[str, Any]) -> Step:
    step = STEPS[values.pop("do")]
    if "files" in values:
        values["files"] = tuple(File(**file) for file in values["files"])
    return step(**values)
