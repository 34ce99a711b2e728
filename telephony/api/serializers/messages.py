"""Texts, documents, recordings and templates on the wire (ICTCore 2.3). Paths of files are never shown or taken."""

from collections import defaultdict

from rest_framework import serializers

from access.api.fields import RowId, WholeNumber
from access.api.rows import STAMPS, Row, RowSerializer
from telephony.api import examples
from telephony.models import Attachment, Document, Recording, Template, Text
from telephony.models.messages import RESOLUTIONS

# What the contract states of every recording; whatever was uploaded is made into it.
SOUND = {"codec": "pcm", "channel": 1, "sample": 8000, "bitrate": 16}


class MessageSerializer(RowSerializer):
    """What all kinds of messages share."""

    message_id = RowId(help_text="The same as the id.")
    length = WholeNumber(read_only=True, allow_null=True)


class TextSerializer(MessageSerializer):
    """The body of an SMS."""

    text_id = RowId()
    encoding = WholeNumber(read_only=True, help_text="0 GSM, 1 binary, 2 unicode; follows from the type.")
    vars()["class"] = WholeNumber(source="message_class", read_only=True)  # no name that Python would take

    class Meta:
        model = Text
        example = examples.TEXT
        fields = [
            "text_id",
            "message_id",
            "name",
            "data",
            "type",
            "description",
            "length",
            "class",
            "encoding",
            *STAMPS,
        ]
        completed = ["length", "encoding"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        for row in rows:
            text = Text(data=row["data"], type=row["type"])
            row |= {"length": text.length, "encoding": int(text.encoding)}
        return rows


class DocumentSerializer(MessageSerializer):
    """Pages to fax."""

    document_id = RowId()
    resolution_x = WholeNumber(read_only=True, help_text="Dots an inch across; follows from the quality.")
    resolution_y = WholeNumber(read_only=True, help_text="Dots an inch down; follows from the quality.")

    class Meta:
        model = Document
        example = examples.DOCUMENT
        fields = [
            *("document_id", "message_id", "name", "type", "description", "pages", "size_x", "size_y"),
            *("quality", "resolution_x", "resolution_y", *STAMPS),
        ]
        completed = ["resolution_x", "resolution_y"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        for row in rows:
            row["resolution_x"], row["resolution_y"] = RESOLUTIONS[row["quality"]]
        return rows


class RecordingSerializer(MessageSerializer):
    """A sound that is played to the called person."""

    recording_id = RowId()
    codec = serializers.CharField(read_only=True)
    channel = WholeNumber(read_only=True)
    sample = WholeNumber(read_only=True)
    bitrate = WholeNumber(read_only=True)

    class Meta:
        model = Recording
        example = examples.RECORDING
        fields = ["recording_id", "message_id", "name", "type", "description", "length", *SOUND, *STAMPS]
        completed = list(SOUND)

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        return [row | SOUND for row in rows]


class AttachmentSerializer(serializers.ModelSerializer):
    """A file that a template carries."""

    class Meta:
        model = Attachment
        fields = ["name", "content_type", "size"]


class TemplateSerializer(MessageSerializer):
    """An e-mail with subject, HTML body, plain alternative and attachments."""

    template_id = RowId()
    attachment = AttachmentSerializer(many=True, read_only=True)

    class Meta:
        model = Template
        example = examples.TEMPLATE
        fields = [
            *("template_id", "message_id", "name", "type", "description", "subject", "body", "body_alt"),
            *("attachment", "length", *STAMPS),
        ]
        completed = ["attachment", "length"]

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        files = defaultdict(list)
        found = Attachment.objects.filter(template_id__in=[row["template_id"] for row in rows]).order_by("pk")
        for template_id, *facts in found.values_list("template_id", "name", "content_type", "size"):
            files[template_id].append(dict(zip(("name", "content_type", "size"), facts, strict=True)))
        for row in rows:
            row["attachment"] = files[row["template_id"]]
            parts = sum(len(row[part].encode()) for part in ("subject", "body", "body_alt"))
            row["length"] = parts + sum(file["size"] for file in row["attachment"])
        return rows
