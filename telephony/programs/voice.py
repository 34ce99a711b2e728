"""Programs that speak with somebody."""

from telephony.flow import Answer, Flow, HangUp, Play, Say, Transfer, Wait
from telephony.models import Account, Program, Recording, ServiceFlag, Text
from telephony.programs.base import ACCOUNT, FREESWITCH, CannotRender, Listens, Parameter, ProgramType

EXTENSION = Parameter("extension_id", int, row="extension")


class VoiceMessage(ProgramType):
    """Play a recording and hang up."""

    name = "voicemessage"
    service_flag = ServiceFlag.VOICE
    parameters = (Parameter("recording_id", int, row="recording"), ACCOUNT)

    def compile(self, program: Program) -> Flow:
        return (play(Recording.objects.filter(pk=program.data["recording_id"]).first()), HangUp())


class VoiceTTS(ProgramType):
    """Speak a text, wait, speak it again and hang up."""

    name = "voicetts"
    service_flag = ServiceFlag.VOICE
    parameters = (
        Parameter("text", maximum=4000, instead=("text_id",)),
        Parameter("text_id", int, required=False, row="text"),
        Parameter("delay", int, required=False, maximum=60_000),
        ACCOUNT,
    )

    def compile(self, program: Program) -> Flow:
        say = Say(program.data.get("text") or _stored_text(program.data["text_id"]))
        return (say, Wait(program.data.get("delay", 1000)), say, HangUp())


class Agent(ProgramType):
    """Call somebody and join them with an extension."""

    name = "agent"
    service_flag = ServiceFlag.VOICE
    parameters = (EXTENSION, ACCOUNT)

    def compile(self, program: Program) -> Flow:
        return (_transfer_by(program), HangUp())


class Forward(ProgramType):
    """Join whoever calls a number of the house with an extension."""

    name = "forward"
    service_flag = ServiceFlag.VOICE
    parameters = (Parameter("did_id", int, row="did"), EXTENSION, ACCOUNT)
    listens = Listens(FREESWITCH, "inbound", account="did_id")

    def compile(self, program: Program) -> Flow:
        return (Answer(), _transfer_by(program), HangUp())


def play(recording: Recording | None) -> Play:
    """The step that plays a recording. Raises CannotRender when it is gone or has no sound."""
    if recording is None:
        raise CannotRender("the recording was deleted")
    if not recording.file:
        raise CannotRender("the recording has no sound yet")
    return Play(str(recording.file))


def transfer(extension: Account | None) -> Transfer:
    """The step that joins a call with an extension. Raises CannotRender when it is gone or switched off."""
    if extension is None:
        raise CannotRender("the extension was deleted")
    if not extension.active:
        raise CannotRender("the extension is not active")
    return Transfer(extension.pk, extension.phone or extension.username, extension.owner_id)


def _stored_text(pk: int) -> str:
    text = Text.objects.filter(pk=pk).first()
    if text is None:
        raise CannotRender("the text was deleted")
    return text.data


def _transfer_by(program: Program) -> Transfer:
    return transfer(Account.objects.visible().filter(pk=program.data["extension_id"]).first())
