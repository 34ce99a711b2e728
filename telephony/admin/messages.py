"""Texts, documents, recordings and templates, heard and seen before anybody receives them."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, BinaryIO

from django import forms
from django.contrib import admin
from django.core.files.storage import default_storage
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from access.refusals import Refused
from telephony.admin.base import RECORD, OfficeForm, ServiceModelAdmin, Services
from telephony.admin.filters import DaysFilter
from telephony.admin.preview import preview_template, preview_text
from telephony.admin.words import column
from telephony.models import Document, Program, Recording, Template, Text
from telephony.models.messages import RESOLUTIONS
from telephony.services.documents import (
    Pages,
    create_document,
    delete_document,
    pages_at,
    pages_from,
    pdf_of,
    preview_of,
    store_pages,
    update_document,
)
from telephony.services.files import name_of, opened
from telephony.services.messages import (
    create_recording,
    create_template,
    create_text,
    delete_recording,
    delete_template,
    delete_text,
    store_sound,
    store_template_media,
    update_recording,
    update_template,
    update_text,
)
from telephony.services.sounds import Sound, sound_from

TOKENS = (
    "Tokens such as [transmission:contact:first_name], [transmission:contact:custom1] or [company:name] "
    "are filled in for each contact."
)
UPLOAD = "media"  # what the services call the file when they refuse it
APPEND = "append"
PREVIEWED = 6  # pages of a document


class MessageAdmin(ServiceModelAdmin):
    """What all kinds of message have in common."""

    empty_words = "Programs need a message to send."
    delete_words = "It is gone for good. A message that a program uses cannot be deleted."
    search_prefixes = ("name",)
    search_help_text = "Id, or start of a name"
    list_select_related = ("owner",)
    list_filter = (("owner", AutocompleteSelectFilter), ("created_at", DaysFilter))
    autocomplete_fields = ("owner",)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        story = {**self.story(row), "programs": used_by(row)} if row else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def story(self, row: Any) -> dict[str, Any]:
        """Return what the page shows beside the form."""
        return {}


def used_by(message: Model) -> Any:
    """The programs that send a message."""
    key = f"data__{message._meta.model_name}_id"
    return Program.objects.visible().filter(**{key: message.pk}).order_by("name", "pk")


def after_what_there_is(words: str) -> forms.BooleanField:
    """Make the switch that appends a file instead of replacing what was there."""
    return forms.BooleanField(label=words, required=False, widget=UnfoldBooleanSwitchWidget())


def sent(make: Callable[[], BinaryIO], *, name: str, content_type: str, cached: bool = False) -> HttpResponse:
    """Send the file that `make` opens, to be shown in the page; or say why there is none."""
    try:
        file = make()
    except Refused as no:
        return HttpResponse(no.message, status=no.code, content_type="text/plain")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": f"private, max-age={86_400 * cached}"}
    return FileResponse(file, filename=name, content_type=content_type, headers=headers)


class ConvertedAdmin(MessageAdmin):
    """A message whose file is converted: before the form is saved, since Django saves it in a transaction."""

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
        request.ready = None
        with ExitStack() as stack:
            if request.method == "POST":
                try:
                    self._make_ready(request, object_id, stack)
                except Refused as no:
                    request.refusal = no
            return super().changeform_view(request, object_id, *args, **kwargs)

    def _make_ready(self, request: HttpRequest, object_id: Any, stack: ExitStack) -> None:
        row = self.get_object(request, object_id) if object_id else None
        if self._may_write(request, row):
            request.ready = self.convert(request, row, request.FILES.get(UPLOAD))
        if request.ready:
            stack.callback(request.ready.file.close)

    def convert(self, request: HttpRequest, row: Any, upload: Any) -> Any:
        """Return what there is to store of the upload, None if nothing. Raises Refused."""
        raise NotImplementedError

    def store(self, request: HttpRequest, row: Any, fields: dict[str, Any]) -> Any:
        """Store what `convert` returned, and the fields with it. Raises Refused."""
        raise NotImplementedError

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Model:
        row = super().create_row(request, owner, without_upload(fields))
        return self.store(request, row, {}) if request.ready else row

    def update_row(self, request: HttpRequest, row: Any, fields: dict[str, Any]) -> None:
        fields = without_upload(fields)
        if request.ready:
            self.store(request, row, fields)
        elif fields:
            super().update_row(request, row, fields)


def without_upload(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a form that are the message's own."""
    return {name: value for name, value in fields.items() if name not in (UPLOAD, APPEND)}


@admin.register(Text)
class TextAdmin(MessageAdmin):
    """Bodies of SMS."""

    stem = "text"
    services = Services("text", create_text, update_text, delete_text)
    change_form_template = "telephony/text.html"
    list_display = ("name", "type", column("bytes", lambda text: text.length), "owner", "created_at")
    fieldsets = (
        (None, {"fields": ["name", "data", "type", "description", "owner"], "description": TOKENS}),
        RECORD,
    )

    def story(self, row: Text) -> dict[str, Any]:
        return {"preview": preview_text(row)}


class DocumentForm(OfficeForm):
    """A document and, if wanted, pages for it."""

    media = forms.FileField(
        label="Pages",
        required=False,
        widget=UnfoldAdminFileFieldWidget(
            attrs={"accept": ".pdf,.tif,.tiff,image/png,image/jpeg,.doc,.docx,.odt,.xls,.xlsx,.ods,.ppt,.pptx,.odp"}
        ),
        help_text="PDF, TIFF, PNG, JPEG or an office document; 50 MB and 200 pages at most.",
    )
    append = after_what_there_is("After the pages it has")


@admin.register(Document)
class DocumentAdmin(ConvertedAdmin):
    """Pages to fax."""

    stem = "document"
    form = DocumentForm
    services = Services("document", create_document, update_document, delete_document)
    change_form_template = "telephony/document.html"
    list_display = (
        "name",
        column("pages", lambda row: row.pages or "none yet", ordering="pages"),
        column("size", lambda row: paper_of(row)),
        column("quality", lambda row: quality_words(row.quality)),
        "owner",
        "created_at",
    )
    list_filter = (*MessageAdmin.list_filter, "quality")
    fieldsets = (
        (
            None,
            {
                "fields": ["name", (UPLOAD, APPEND), "quality", "description", "owner"],
                "description": "Every fax machine takes standard; fine and the others are sharper and take longer. "
                "Another quality draws the pages again from what there is: for the sharpest, upload the file again.",
            },
        ),
        RECORD,
    )

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/pdf/", self.pdf_view, "pdf"),
            self.page("<int:pk>/pages/<int:number>/", self.page_view, "page"),
            *super().get_urls(),
        ]

    def story(self, row: Document) -> dict[str, Any]:
        return {
            "paper": paper_of(row),
            "shown": range(1, min(row.pages, PREVIEWED) + 1),
            "quality_words": quality_words(row.quality),
        }

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the pages as they will be faxed."""
        document = self.row_for(request, pk, "document_read")
        name = name_of(document.name, otherwise="document")
        return sent(lambda: pdf_of(document=document), name=f"{name}.pdf", content_type="application/pdf")

    def page_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Send a small picture of a page; its address changes with the pages."""
        document = self.row_for(request, pk, "document_read")
        return sent(
            lambda: preview_of(document=document, page=number), name="page.png", content_type="image/png", cached=True
        )

    def convert(self, request: HttpRequest, row: Document | None, upload: Any) -> Pages | None:
        quality = request.POST.get("quality", "")
        if quality not in RESOLUTIONS:
            return None  # the form will say so
        if upload:
            onto = row if request.POST.get(APPEND) else None
            kind = upload.content_type or ""
            return pages_from(content=upload.file, content_type=kind, quality=quality, onto=onto)
        if row and row.file and row.quality != quality:
            return pages_at(document=row, quality=quality)
        return None

    def store(self, request: HttpRequest, row: Document, fields: dict[str, Any]) -> Document:
        return store_pages(document=row, pages=request.ready, by=request.user, **fields)


PAPER = {(595, 842): "A4", (612, 792): "Letter"}


def paper_of(document: Document) -> str:
    """Name the paper of the first page, or give its size."""
    size = document.size_x, document.size_y
    return PAPER.get(size, f"{size[0]} x {size[1]} pt") if document.pages else ""


def quality_words(quality: str) -> str:
    """Say a quality with its dots an inch: `fine, 204 x 196`."""
    across, down = RESOLUTIONS[quality]
    return f"{quality}, {across} x {down}"


class RecordingForm(OfficeForm):
    """A recording and, if wanted, a sound for it."""

    media = forms.FileField(
        label="Sound",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "audio/*,.wav,.mp3,.gsm"}),
        help_text="WAV, MP3 or GSM; 50 MB and an hour at most. It becomes what telephones play.",
    )
    append = after_what_there_is("After the sound it has")


@admin.register(Recording)
class RecordingAdmin(ConvertedAdmin):
    """Sounds that are played to the called person."""

    stem = "recording"
    form = RecordingForm
    services = Services("recording", create_recording, update_recording, delete_recording)
    change_form_template = "telephony/recording.html"
    list_display = (
        "name",
        column("sound", lambda row: row.type.upper() or "none yet"),
        column("seconds", lambda row: row.length, ordering="length"),
        "owner",
        "created_at",
    )
    fieldsets = ((None, {"fields": ["name", (UPLOAD, APPEND), "description", "owner"]}), RECORD)

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/sound/", self.sound_view, "sound"), *super().get_urls()]

    def sound_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the sound to the player on the page."""
        recording = self.row_for(request, pk, "recording_read")
        return sent(lambda: opened(recording), name="recording.wav", content_type="audio/wav")

    def convert(self, request: HttpRequest, row: Recording | None, upload: Any) -> Sound | None:
        if not upload:
            return None
        onto = row if request.POST.get(APPEND) else None
        return sound_from(content=upload.file, content_type=upload.content_type or "", onto=onto)

    def store(self, request: HttpRequest, row: Recording, fields: dict[str, Any]) -> Recording:
        return store_sound(recording=row, sound=request.ready, by=request.user, **fields)


class TemplateForm(OfficeForm):
    """An e-mail and, if wanted, a file for it."""

    media = forms.FileField(
        label="Attach a file",
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text="10 MB at most; a template carries up to 10 files.",
    )
    replace = forms.BooleanField(
        label="In place of the files it has", required=False, widget=UnfoldBooleanSwitchWidget()
    )


@admin.register(Template)
class TemplateAdmin(MessageAdmin):
    """E-mails."""

    stem = "template"
    form = TemplateForm
    services = Services("template", create_template, update_template, delete_template)
    change_form_template = "telephony/template.html"
    list_display = ("name", "subject", "owner", "created_at")
    fieldsets = (
        (None, {"fields": ["name", "subject", "body", "body_alt", "description", "owner"], "description": TOKENS}),
        ("Files", {"fields": [(UPLOAD, "replace")]}),
        RECORD,
    )

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/files/<int:file>/", self.file_view, "file"), *super().get_urls()]

    def story(self, row: Template) -> dict[str, Any]:
        return {"preview": preview_template(row), "attachments": row.attachments.order_by("pk")}

    def file_view(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        """Send an attachment, as a download only: a stranger's HTML must not run here."""
        attachment = self.row_for(request, pk, "template_read").attachments.filter(pk=file).first()
        if attachment is None or not default_storage.exists(attachment.file.name):
            raise Http404
        return FileResponse(
            attachment.file.open(),
            as_attachment=True,
            filename=attachment.name,
            headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"},
        )

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Template:
        upload, _ = fields.pop(UPLOAD, None), fields.pop("replace", None)
        template = create_template(owner=owner, **fields)
        self._attach(request, template, upload, append=True)
        return template

    def update_row(self, request: HttpRequest, row: Template, fields: dict[str, Any]) -> None:
        upload, replace = fields.pop(UPLOAD, None), fields.pop("replace", False)
        if fields:
            row = update_template(template=row, by=request.user, **fields)
        self._attach(request, row, upload, append=not replace)

    def _attach(self, request: HttpRequest, template: Template, upload: Any, *, append: bool) -> None:
        if upload is not None:
            store_template_media(
                template=template,
                content=upload.file,
                content_type=upload.content_type or "application/octet-stream",
                file_name=upload.name,
                by=request.user,
                append=append,
            )
