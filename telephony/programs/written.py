"""Programs that write to somebody, or keep what somebody wrote."""

from collections.abc import Iterable

from telephony.flow import Fact, File, Flow, ReceiveMail, ReceiveText, SendMail, SendText
from telephony.models import Dialplan, Program, ServiceFlag, Template, Text
from telephony.programs.base import ACCOUNT, KANNEL, SENDMAIL, CannotRender, Listens, Parameter, ProgramType

CHARSETS = {"plain": "GSM", "binary": "ISO-8859-1", "unicode": "UTF-16BE"}
BY_PHONE = Parameter("account_id", int, required=False, row="account", instead=("phone",))
BY_EMAIL = Parameter("account_id", int, required=False, row="account", instead=("email",))


class SendSMS(ProgramType):
    """Send a text message."""

    name = "sendsms"
    service_flag = ServiceFlag.SMS
    parameters = (Parameter("text_id", int, row="text", instead=("message", "content")), ACCOUNT)

    def compile(self, program: Program) -> Flow:
        text = Text.objects.filter(pk=program.data["text_id"]).first()
        if text is None:
            raise CannotRender("the text was deleted")
        charset = CHARSETS.get(text.type, text.type)
        return (SendText(text.data, charset, text.encoding, text.message_class),)


class SendEmail(ProgramType):
    """Send a mail made from a template."""

    name = "sendemail"
    service_flag = ServiceFlag.EMAIL
    parameters = (Parameter("template_id", int, row="template"), ACCOUNT)

    def compile(self, program: Program) -> Flow:
        template = Template.objects.filter(pk=program.data["template_id"]).first()
        if template is None:
            raise CannotRender("the template was deleted")
        files = tuple(File(str(a.file), a.name, a.content_type) for a in template.attachments.order_by("pk"))
        return (SendMail(template.subject, template.body, template.body_alt, files),)


class ReceiveSMS(ProgramType):
    """Keep text messages that come to a number."""

    name = "receivesms"
    service_flag = ServiceFlag.SMS
    parameters = (BY_PHONE,)
    listens = Listens(KANNEL, ReceiveText.application)

    def compile(self, program: Program) -> Flow:
        return (ReceiveText(),)

    def problem(self, facts: Iterable[Fact]) -> str:
        return _not_kept(facts, ReceiveText.application)


class ReceiveEmail(ProgramType):
    """Keep mails that come to an address."""

    name = "receiveemail"
    service_flag = ServiceFlag.EMAIL
    parameters = (BY_EMAIL,)
    listens = Listens(SENDMAIL, ReceiveMail.application, address="email")

    def compile(self, program: Program) -> Flow:
        return (ReceiveMail(),)

    def problem(self, facts: Iterable[Fact]) -> str:
        return _not_kept(facts, ReceiveMail.application)


class EmailToFax(ReceiveEmail):
    """Fax what somebody of the house sends by mail."""

    name = "emailtofax"
    listens = Listens(
        SENDMAIL, ReceiveMail.application, context=Dialplan.Context.INTERNAL, side="source", address="email"
    )


def _not_kept(facts: Iterable[Fact], application: str) -> str:
    kept = Fact("application", application, "success") in facts
    return "" if kept else "the message was not kept"
