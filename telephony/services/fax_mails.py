"""Faxes made of mails, mails made of faxes, and what their senders are told (ICTCore 4.5)."""

from collections.abc import Iterable
from contextlib import ExitStack
from io import BytesIO
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from access.refusals import NotFound
from telephony.engine.settle import Finish, settle
from telephony.flow import Fact, File, ReceiveMail, SendMail, dump
from telephony.gateways.base import Finished
from telephony.models import Account, Document, FollowUp, Program, Result, Template, Transmission
from telephony.services import contacts, documents, notices, programs, transmissions
from telephony.services.mails import text_of
from telephony.services.messages import create_template, store_template_media

S = Transmission.Status
EMAIL_TO_FAX, FAX_TO_EMAIL = "emailtofax", "faxtoemail"
FAX, MAIL = "emailtofax_sendfax", "faxtoemail_faxreceived"  # the programs that are made of them
RECEIVED, REJECTED = "emailtofax_emailreceived", "emailtofax_emailrejected"
SENT, FAILED = "emailtofax_faxsent", "emailtofax_faxfailed"
QUALITY = Document.Quality.FINE
RETRY_SECONDS = 300
WORDS: dict[str, tuple[str, str]] = {
    RECEIVED: ("Fax request received", "Your fax to {to} with {pages} was taken, and is being sent."),
    REJECTED: ("Fax request: processing failed", "Your fax to {to} was not sent: {error}."),
    SENT: ("Fax delivered", "Your fax to {to} was delivered."),
    FAILED: ("Fax: delivery failed", "Your fax to {to} was not delivered: {error}."),
}
FAX_CAME = "A fax of {pages} came in from {number} on {at:%Y-%m-%d} at {at:%H:%M} UTC. It is attached."


def make_fax(*, row: Transmission) -> None:
    """Make a fax of a mail that was taken for it, and let it be sent; safe to repeat, and does it once.

    Behind the cover page that the account may want, which is drawn when it is sent, come the mail's own text, where the
    account wants that, and the attachments. Call it with no transaction open: pages take their time. Raises Invalid for
    what is no page, NotFound for what was deleted meanwhile, Unavailable.
    """
    template = Template.objects.filter(pk=_message_of(row, "template")).first()
    if template is None or row.account is None:
        raise NotFound("the mail was deleted")
    with ExitStack() as stack:
        stored = (str(attachment.file) for attachment in template.attachments.order_by("pk"))
        files: list[Any] = [stack.enter_context(default_storage.open(name)) for name in stored]
        pages = documents.pages_of(files=files, text=_cover_text(row.account, template), quality=QUALITY)
        stack.enter_context(pages.file)
        _send(row, template.subject, pages)


@transaction.atomic
def reject(*, row: Transmission, problem: str) -> None:
    """End a mail of which no fax can be made, and say so to its sender."""
    if not _take_follow_up(row):
        return
    _settle(row, ok=False, problem=problem)
    tell_rejected(row=row, problem=problem)


def tell_rejected(*, row: Transmission, problem: str) -> None:
    """Write to the sender of a mail that it was not faxed."""
    _tell(row, REJECTED, error=problem)


def make_mail(*, row: Transmission) -> None:
    """Mail a fax that came in to its account, as PDF; safe to repeat, and does it once.

    Call it with no transaction open. Raises NotFound where fax or account were deleted meanwhile; Unavailable.
    """
    document = Document.objects.filter(pk=_message_of(row, "document")).first()
    if document is None or row.account is None or not row.account.email:
        raise NotFound("the fax was deleted, or its account has no e-mail address")
    with documents.pdf_of(document=document) as pdf:
        _send_mail(row, row.account, document, pdf)


def follow_finishes(*, finishes: Iterable[Finish], **_: Any) -> None:
    """Receive `transmissions_finished`: have faxes that came in mailed, tell of faxes that were made of mails.

    One query where there are none.
    """
    final = [f for f in finishes if f.status in (S.COMPLETED, S.FAILED, S.INVALID)]
    if not final:
        return
    kinds = Program.objects.filter(pk__in={f.program_id for f in final}, type__in=("sendfax", FAX_TO_EMAIL))
    ours = {pk: kind for pk, kind, parent in kinds.values_list("pk", "type", "parent__type") if _concerns(kind, parent)}
    if not ours:
        return
    came = [f.transmission_id for f in final if ours.get(f.program_id) == FAX_TO_EMAIL and f.status == S.COMPLETED]
    FollowUp.objects.bulk_create([FollowUp(transmission_id=pk) for pk in came], ignore_conflicts=True)
    sent = {f.transmission_id: f for f in final if ours.get(f.program_id) == "sendfax"}
    for row in Transmission.objects.filter(pk__in=sent).select_related("account", "contact", "owner"):
        finish = sent[row.pk]
        _tell(row, SENT if finish.status == S.COMPLETED else FAILED, error=finish.response or finish.cause)


def _concerns(kind: str, parent: str | None) -> bool:
    return kind == FAX_TO_EMAIL or parent == EMAIL_TO_FAX


def _message_of(row: Transmission, kind: str) -> int:
    """The id of the message that an attempt stored; 0 where there is none."""
    stored = Result.objects.filter(spool__transmission=row, type="message", name=kind).order_by("-pk").first()
    return int(stored.data) if stored and stored.data.isdecimal() else 0


def _cover_text(account: Account, template: Template) -> str:
    """The mail's own words, where the account wants them faxed too."""
    if account.settings.get("emailtofax_coversheet") != "body":
        return ""
    return text_of(html=template.body, plain=template.body_alt).strip()


@transaction.atomic
def _send(row: Transmission, subject: str, pages: documents.Pages) -> None:
    if not _take_follow_up(row):
        return
    owner, account = row.owner, row.account
    assert owner is not None and account is not None
    document = documents.create_document(owner=owner, name=subject[:128], quality=QUALITY)
    documents.store_pages(document=document, pages=pages, by=owner)
    child = programs.create_program(
        type="sendfax", owner=owner, name=FAX, parent=row.program, document_id=document.pk, account_id=account.pk
    )
    fax = transmissions.create_transmission(
        owner=owner,
        program=child,
        contact=row.contact,
        account=account,
        title=subject[:255],
        try_allowed=settings.MAILBOX["fax_tries"],
        retry_delay=RETRY_SECONDS,
    )
    transmissions.make_due(transmission=fax)
    _settle(row, ok=True)
    _tell(row, RECEIVED, pages=_counted(pages.number))


def _settle(row: Transmission, *, ok: bool, problem: str = "") -> None:
    fact = Fact("application", ReceiveMail.application, "success" if ok else "error")
    facts = (fact,) if ok else (fact, Fact("error", "error", problem))
    cause = "received" if ok else "rejected"
    for reference in row.spools.filter(time_end=None).values_list("reference", flat=True):
        settle([Finished(reference, ok, cause, problem, amount=1, facts=facts)])


def _take_follow_up(row: Transmission) -> bool:
    """Strike the work off; False where another has done it."""
    return bool(FollowUp.objects.filter(transmission=row).delete()[0])


def _tell(row: Transmission, name: str, **facts: Any) -> None:
    """Write to the account whose mail it was, from the house; an account without address hears nothing."""
    if row.account is None or not row.account.email or row.owner is None:
        return
    subject, words = WORDS[name]
    to = row.contact.phone or row.contact.email
    report = notices.mail(
        owner=row.owner,
        to=notices.Person(row.account.first_name, row.account.last_name, row.account.email),
        subject=f"{subject}: {to}",
        plain=words.format(to=to, **{"error": "", "pages": "", **facts}),
        title=name,
        sender=settings.COMPANY["email"],
        automatic=True,
    )
    notices.send(report)


@transaction.atomic
def _send_mail(row: Transmission, account: Account, document: Document, pdf: BinaryIO) -> None:
    if not _take_follow_up(row):
        return
    owner = row.owner
    assert owner is not None
    number = row.contact.phone or "an unknown number"
    subject = f"Fax from {number}"
    words = FAX_CAME.format(pages=_counted(document.pages), number=number, at=row.last_run_at or timezone.now())
    template = create_template(owner=owner, name=MAIL, subject=subject, body=f"<p>{words}</p>", body_alt=words)
    attachment = store_template_media(
        template=template,
        content=BytesIO(pdf.read()),
        content_type="application/pdf",
        file_name=f"fax-{row.pk}.pdf",
        by=owner,
        append=False,
    )
    child = programs.create_program(
        type="sendemail", owner=owner, name=MAIL, parent=row.program, template_id=template.pk, account_id=account.pk
    )
    holder = contacts.find_contact(owner=owner, email=account.email) or contacts.create_contact(
        owner=owner, first_name=account.first_name[:64], last_name=account.last_name[:64], email=account.email
    )
    mail = transmissions.create_transmission(
        owner=owner, program=child, contact=holder, account=account, title=subject, try_allowed=3, retry_delay=300
    )
    file = File(str(attachment.file), attachment.name, attachment.content_type)
    step = SendMail(subject, template.body, words, (file,), sender=_sender(number), automatic=True)
    Transmission.objects.filter(pk=mail.pk).update(content=dump((step,)))
    transmissions.make_due(transmission=mail)


def _sender(number: str) -> str:
    """An address of the house that shows the number (ICTCore 4.5); of others' domains we send nothing."""
    digits = "".join(c for c in number if c.isascii() and c.isdigit()) or "fax"
    return f"{digits}@{settings.MAIL_DOMAIN}"


def _counted(pages: int) -> str:
    return "1 page" if pages == 1 else f"{pages} pages"
