"""What a gateway can be asked to do: the steps that programs compile to and gateways run."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Step:
    """One thing to do. `application` is the name its results carry (ICTCore 4.4)."""

    application: ClassVar[str]


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
class Wait(Step):
    """Keep silent for so many milliseconds."""

    application: ClassVar[str] = "wait"
    milliseconds: int


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
class File:
    """A file that a mail carries, named as the media storage knows it."""

    file: str
    name: str
    content_type: str


@dataclass(frozen=True)
class SendMail(Step):
    """Send a mail with an HTML body, a plain alternative and files."""

    application: ClassVar[str] = "email_send"
    subject: str
    html: str
    plain: str = ""
    files: tuple[File, ...] = ()


Flow = tuple[Step, ...]
STEPS: dict[str, type[Step]] = {step.application: step for step in (Play, Say, Wait, HangUp, SendText, SendMail)}


def dump(flow: Flow) -> list[dict[str, Any]]:
    """Write a flow as JSON values."""
    return [{"do": step.application, **asdict(step)} for step in flow]


def load(content: list[dict[str, Any]]) -> Flow:
    """Read a flow back from JSON values. Raises KeyError or TypeError for what is no flow."""
    return tuple(_load_step(dict(values)) for values in content)


def _load_step(values: dict[str, Any]) -> Step:
    step = STEPS[values.pop("do")]
    if "files" in values:
        values["files"] = tuple(File(**file) for file in values["files"])
    return step(**values)
