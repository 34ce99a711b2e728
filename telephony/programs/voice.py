"""Programs that ring somebody."""

from telephony.flow import Flow, HangUp, Play, Say, Wait
from telephony.models import Program, Recording, ServiceFlag
from telephony.programs.base import CannotRender, Parameter


class VoiceMessage:
    """Play a recording and hang up."""

    name = "voicemessage"
    service_flag = ServiceFlag.VOICE
    parameters = (Parameter("recording_id", int, message="recording"),)

    def compile(self, program: Program) -> Flow:
        recording = Recording.objects.filter(pk=program.data["recording_id"]).first()
        if recording is None or not recording.file:
            raise CannotRender("the recording has no sound yet")
        return (Play(str(recording.file)), HangUp())


class VoiceTTS:
    """Speak a text, wait, speak it again and hang up."""

    name = "voicetts"
    service_flag = ServiceFlag.VOICE
    parameters = (Parameter("text", maximum=4000), Parameter("delay", int, required=False, maximum=60_000))

    def compile(self, program: Program) -> Flow:
        say = Say(program.data["text"])
        return (say, Wait(program.data.get("delay", 1000)), say, HangUp())
