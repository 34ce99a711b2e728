"""The program types that this house can run.

To add one: write a class with the shape of `base.ProgramType`, list it here.
"""

from telephony.models import Program, ServiceFlag
from telephony.programs.base import CannotRender, ProgramType
from telephony.programs.calls import ClickToCall
from telephony.programs.fax import FaxToEmail, ReceiveDocument, SendDocument
from telephony.programs.ivr import IVR
from telephony.programs.notices import Notice
from telephony.programs.rendering import Message
from telephony.programs.voice import Agent, Forward, VoiceMessage, VoiceTTS
from telephony.programs.written import EmailToFax, ReceiveEmail, ReceiveSMS, SendEmail, SendSMS

KINDS: tuple[ProgramType, ...] = (
    *(SendSMS(), VoiceMessage(), VoiceTTS(), SendEmail(), SendDocument(), IVR(), Agent(), Forward()),
    *(ReceiveDocument(), FaxToEmail(), ReceiveSMS(), ReceiveEmail(), EmailToFax()),
)
OFFERED: dict[str, ProgramType] = {kind.name: kind for kind in KINDS}
# Those too that the house makes by itself and offers nobody.
OWN = (ClickToCall(), Notice("notice_email", ServiceFlag.EMAIL), Notice("notice_text", ServiceFlag.SMS))
TYPES: dict[str, ProgramType] = OFFERED | {kind.name: kind for kind in OWN}


def message_of(program: Program) -> Message:
    """A program compiled to be sent. Raises CannotRender, also where it only waits for what comes in."""
    kind = TYPES[program.type]
    if kind.listens:
        raise CannotRender(f"a program of type {kind.name} waits for what comes in, and is not sent")
    return Message(kind.compile(program))
