"""Programs that write to somebody."""

from telephony.flow import File, Flow, SendMail, SendText
from telephony.models import Program, ServiceFlag, Template, Text
from telephony.programs.base import CannotRender, Parameter

CHARSETS = {"plain": "GSM", "binary": "ISO-8859-1", "unicode": "UTF-16BE"}


class SendSMS:
    """Send a text message."""

    name = "sendsms"
    service_flag = ServiceFlag.SMS
    parameters = (Parameter("text_id", int, message="text"),)

    def compile(self, program: Program) -> Flow:
        text = Text.objects.filter(pk=program.data["text_id"]).first()
        if text is None:
            raise CannotRender("the text was deleted")
        charset = CHARSETS.get(text.type, text.type)
        return (SendText(text.data, charset, text.encoding, text.message_class),)


class SendEmail:
    """Send a mail made from a template."""

    name = "sendemail"
    service_flag = ServiceFlag.EMAIL
    parameters = (Parameter("template_id", int, message="template"),)

    def compile(self, program: Program) -> Flow:
        template = Template.objects.filter(pk=program.data["template_id"]).first()
        if template is None:
            raise CannotRender("the template was deleted")
        files = tuple(File(str(a.file), a.name, a.content_type) for a in template.attachments.order_by("pk"))
        return (SendMail(template.subject, template.body, template.body_alt, files),)
