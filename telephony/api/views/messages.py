"""Texts, documents, recordings and templates, and their files (ICTCore 1.6)."""

import mimetypes
from collections.abc import Callable
from typing import Any

from django.http import FileResponse
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.resources import EditableViewSet, crud
from access.refusals import NotFound
from telephony.api import docs, media
from telephony.api.filters import DocumentFilter, RecordingFilter, TemplateFilter, TextFilter
from telephony.api.serializers.messages import (
    DocumentSerializer,
    RecordingSerializer,
    TemplateSerializer,
    TextSerializer,
)
from telephony.services import documents, messages, sounds
from telephony.services.files import name_of, opened


def with_media(stem: str) -> dict[str, str]:
    """The rights of a kind of message that has files: storing one asks for `_create` (ICTCore 1.6)."""
    create, read = f"{stem}_create", f"{stem}_read"
    return crud(stem) | {"replace_media": create, "append_media": create, "read_media": read}


class TextViewSet(EditableViewSet):
    """Bodies of SMS."""

    tag = "messages"
    serializer_class = TextSerializer
    filterset_class = TextFilter
    create_row = messages.create_text
    update_row = messages.update_text
    delete_row = messages.delete_text
    required_rights = crud("text")


class MediaViewSet(EditableViewSet):
    """A kind of message that has files."""

    store_media: Callable[..., Any]
    max_bytes: int

    def store(self, request: Request, *, append: bool) -> Response:
        """Keep the body of the request as a file of the row, in place of what it had or besides."""
        row, kind = self.get_row(), media.content_type(request)
        how = {self.stem: row, "content_type": kind, "append": append, "by": request.user, **self.named(kind)}
        with media.body_of(request, limit=self.max_bytes) as content:
            type(self).store_media(content=content, **how)
        return Response({self.key: row.pk})

    def named(self, content_type: str) -> dict[str, str]:
        """What a file is called, where its name is kept."""
        return {}


class DocumentViewSet(MediaViewSet):
    """Pages to fax."""

    tag = "messages"
    serializer_class = DocumentSerializer
    filterset_class = DocumentFilter
    create_row = documents.create_document
    update_row = documents.update_document
    delete_row = documents.delete_document
    store_media = documents.store_document_media
    max_bytes = documents.MAX_DOCUMENT_BYTES
    required_rights = with_media("document")

    @docs.store_document
    def replace_media(self, request: Request, pk: int) -> Response:
        return self.store(request, append=False)

    @docs.append_document
    def append_media(self, request: Request, pk: int) -> Response:
        return self.store(request, append=True)

    @docs.download_document
    def read_media(self, request: Request, pk: int) -> FileResponse:
        document = self.get_row()
        pdf, name = documents.pdf_of(document=document), name_of(document.name, otherwise="document")
        return media.download(pdf, name=f"{name}.pdf", content_type="application/pdf")


class RecordingViewSet(MediaViewSet):
    """Sounds that are played to the called person."""

    tag = "messages"
    serializer_class = RecordingSerializer
    filterset_class = RecordingFilter
    create_row = messages.create_recording
    update_row = messages.update_recording
    delete_row = messages.delete_recording
    store_media = messages.store_recording_media
    max_bytes = sounds.MAX_BYTES
    required_rights = with_media("recording")

    @docs.store_recording
    def replace_media(self, request: Request, pk: int) -> Response:
        return self.store(request, append=False)

    @docs.append_recording
    def append_media(self, request: Request, pk: int) -> Response:
        return self.store(request, append=True)

    @docs.download_recording
    def read_media(self, request: Request, pk: int) -> FileResponse:
        recording = self.get_row()
        name = name_of(recording.name, otherwise="recording")
        return media.download(opened(recording), name=f"{name}.wav", content_type="audio/wav")


class TemplateViewSet(MediaViewSet):
    """E-mails with their attachments."""

    tag = "messages"
    serializer_class = TemplateSerializer
    filterset_class = TemplateFilter
    create_row = messages.create_template
    update_row = messages.update_template
    delete_row = messages.delete_template
    store_media = messages.store_template_media
    max_bytes = messages.MAX_ATTACHMENT_BYTES
    required_rights = with_media("template")

    def named(self, content_type: str) -> dict[str, str]:
        usual = f"attachment{mimetypes.guess_extension(content_type) or ''}"
        return {"file_name": self.request.query_params.get("file_name") or usual}

    @docs.store_attachment
    def replace_media(self, request: Request, pk: int) -> Response:
        return self.store(request, append=False)

    @docs.append_attachment
    def append_media(self, request: Request, pk: int) -> Response:
        return self.store(request, append=True)

    @docs.download_attachment
    def read_media(self, request: Request, pk: int) -> FileResponse:
        attachments = self.get_row().attachments.order_by("-pk")
        if name := request.query_params.get("file_name"):
            attachments = attachments.none() if "\0" in name else attachments.filter(name=name)
        attachment = attachments.first()
        if attachment is None:
            raise NotFound("Media not found")
        return media.download(opened(attachment), name=attachment.name, content_type=attachment.content_type)
