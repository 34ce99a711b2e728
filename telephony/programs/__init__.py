"""The program types that this house can run.

To add one: write a class with the shape of `base.ProgramType`, list it here.
"""

from telephony.programs.base import ProgramType
from telephony.programs.voice import VoiceMessage, VoiceTTS
from telephony.programs.written import SendEmail, SendSMS

TYPES: dict[str, ProgramType] = {kind.name: kind for kind in (SendSMS(), VoiceMessage(), VoiceTTS(), SendEmail())}
