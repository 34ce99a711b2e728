"""What is said or sent: texts, recordings, templates."""

from django.core.validators import MaxLengthValidator
from django.db import models

from telephony.models.base import Stamped

# Characters. No carrier sends as much; it is what keeps a list of such rows readable.
LONGEST_TEXT = 65_535
LONGEST_BODY = 2**20
# Dots an inch, across and down, by a document's quality (ICTCore 2.1).
RESOLUTIONS: dict[str, tuple[int, int]] = {
    "basic": (100, 98),
    "standard": (204, 98),
    "fine": (204, 196),
    "super": (204, 391),
    "superior": (300, 300),
    "ultra": (408, 391),
}


class Text(Stamped):
    """The body of an SMS."""

    class Type(models.TextChoices):
        """Character sets, and the three words of the Guide (ICTCore 2.1)."""

        GSM = "GSM"
        ASCII = "ASCII"
        WINDOWS_1252 = "windows-1252"
        ISO_8859_1 = "ISO-8859-1"
        ISO_8859_7 = "ISO-8859-7"
        UTF_8 = "UTF-8"
        UTF_16BE = "UTF-16BE"
        UNICODE = "unicode"
        PLAIN = "plain"
        BINARY = "binary"

    class Encoding(models.IntegerChoices):
        GSM = 0
        BINARY = 1
        UNICODE = 2

    name = models.CharField(max_length=128)
    data = models.TextField(validators=[MaxLengthValidator(LONGEST_TEXT)])
    type = models.CharField(max_length=16, choices=Type, default=Type.UTF_8)
    description = models.CharField(max_length=255, blank=True)
    message_class = models.PositiveSmallIntegerField(default=1, editable=False)

    class Meta:
        indexes = [models.Index(fields=["owner", "id"], name="text_owner")]

    def __str__(self) -> str:
        return self.name

    @property
    def length(self) -> int:
        """Size of the body in bytes."""
        return len(self.data.encode())

    @property
    def encoding(self) -> int:
        """How the body travels, derived from the type (ICTCore 2.1)."""
        return {
            "binary": self.Encoding.BINARY,
            "unicode": self.Encoding.UNICODE,
            "UTF-16BE": self.Encoding.UNICODE,
        }.get(self.type, self.Encoding.GSM)


class Recording(Stamped):
    """A sound that is played to the called person."""

    name = models.CharField(max_length=128)
    description = models.CharField(max_length=255, blank=True)
    type = models.CharField(max_length=8, blank=True, editable=False, help_text="Extension of the file as given.")
    file = models.FileField(upload_to="recordings", blank=True, editable=False, max_length=255)
    length = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Seconds.")

    class Meta:
        indexes = [models.Index(fields=["owner", "id"], name="recording_owner")]

    def __str__(self) -> str:
        return self.name


class Document(Stamped):
    """Pages to fax: kept as a black-and-white TIFF at the resolution of its quality, shown as PDF."""

    class Quality(models.TextChoices):
        """Fax resolutions by name (ICTCore 2.1)."""

        BASIC = "basic"
        STANDARD = "standard"
        FINE = "fine"
        SUPER = "super"
        SUPERIOR = "superior"
        ULTRA = "ultra"

    name = models.CharField(max_length=128)
    description = models.CharField(max_length=255, blank=True)
    type = models.CharField(max_length=8, blank=True, editable=False, help_text="Extension of the file as given.")
    quality = models.CharField(max_length=16, choices=Quality, default=Quality.STANDARD)
    file = models.FileField(upload_to="documents", blank=True, editable=False, max_length=255)
    pages = models.PositiveIntegerField(default=0, editable=False)
    size_x = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Points, of the first page.")
    size_y = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Points, of the first page.")

    class Meta:
        indexes = [models.Index(fields=["owner", "id"], name="document_owner")]

    def __str__(self) -> str:
        return self.name

    @property
    def resolution(self) -> tuple[int, int]:
        """Dots an inch, across and down."""
        return RESOLUTIONS[self.quality]


class Template(Stamped):
    """An e-mail with subject, HTML body and plain alternative."""

    name = models.CharField(max_length=128)
    type = models.CharField(max_length=8, blank=True)
    description = models.CharField(max_length=255, blank=True)
    subject = models.CharField(max_length=255)
    body = models.TextField(validators=[MaxLengthValidator(LONGEST_BODY)])
    body_alt = models.TextField(blank=True, validators=[MaxLengthValidator(LONGEST_BODY)])

    class Meta:
        indexes = [models.Index(fields=["owner", "id"], name="template_owner")]

    def __str__(self) -> str:
        return self.name

    @property
    def length(self) -> int:
        """Size of all parts in bytes."""
        parts = len(self.subject.encode()) + len(self.body.encode()) + len(self.body_alt.encode())
        return parts + sum(attachment.size for attachment in self.attachments.all())


class Attachment(models.Model):
    """A file that a template carries."""

    template = models.ForeignKey(Template, models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to="attachments", max_length=255)
    name = models.CharField(max_length=128)
    content_type = models.CharField(max_length=128)
    size = models.PositiveIntegerField(help_text="Bytes.")

    def __str__(self) -> str:
        return self.name
