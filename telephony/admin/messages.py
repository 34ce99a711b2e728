"""Texts, recordings and templates, heard and seen before anybody receives them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.storage import default_storage
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanSwitchWidget

from telephony.admin.base import RECORD, OfficeForm, ServiceModelAdmin, Services
from telephony.admin.filters import DaysFilter
from telephony.admin.preview import preview_template, preview_text
from telephony.admin.words import column
from telephony.models import Program, Recording, Template, Text
from telephony.services.messages import (
    create_recording,
    create_template,
    create_text,
    delete_recording,
    delete_template,
    delete_text,
    store_recording_media,
    store_template_media,
    update_recording,
    update_template,
    update_text,
)

TOKENS = (
    "Tokens such as [transmission:contact:first_name], [transmission:contact:custom1] or [company:name] "
    "are filled in for each contact."
)
SOUNDS = {"wav": "audio/wav", "mp3": "audio/mpeg", "gsm": "audio/x-gsm"}
UPLOAD = "media"  # what the services call the file when they refuse it


class MessageAdmin(ServiceModelAdmin):
    """What the three kinds of message have in common."""

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


class RecordingForm(OfficeForm):
    """A recording and, if wanted, a sound for it."""

    media = forms.FileField(
        label="Sound",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "audio/*,.wav,.mp3,.gsm"}),
        help_text="WAV, MP3 or GSM, 50 MB at most. Replaces the sound there is.",
    )


@admin.register(Recording)
class RecordingAdmin(MessageAdmin):
    """Sounds that are played to the called person."""

    stem = "recording"
    form = RecordingForm
    services = Services("recording", create_recording, update_recording, delete_recording)
    change_form_template = "telephony/recording.html"
    list_display = (
        "name",
        column("sound", lambda row: row.type.upper() or "none yet"),
        column("seconds", lambda row: row.length),
        "owner",
        "created_at",
    )
    fieldsets = ((None, {"fields": ["name", UPLOAD, "description", "owner"]}), RECORD)

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/sound/", self.sound_view, "sound"), *super().get_urls()]

    def sound_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the sound to the player on the page."""
        recording = self.row_for(request, pk, "recording_read")
        if not recording.file or not default_storage.exists(recording.file.name):
            raise Http404
        kind = SOUNDS.get(recording.type, "application/octet-stream")
        return FileResponse(recording.file.open(), content_type=kind, headers={"X-Content-Type-Options": "nosniff"})

    def create_row(self, request: HttpRequest, owner: Any, fields: dict[str, Any]) -> Recording:
        sound = fields.pop(UPLOAD, None)
        recording = create_recording(owner=owner, **fields)
        return self._store(request, recording, sound)

    def update_row(self, request: HttpRequest, row: Recording, fields: dict[str, Any]) -> None:
        sound = fields.pop(UPLOAD, None)
        if fields:
            row = update_recording(recording=row, by=request.user, **fields)
        self._store(request, row, sound)

    def _store(self, request: HttpRequest, recording: Recording, sound: Any) -> Recording:
        if sound is None:
            return recording
        return store_recording_media(
            recording=recording, content=sound.file, content_type=sound.content_type or "", by=request.user
        )


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
