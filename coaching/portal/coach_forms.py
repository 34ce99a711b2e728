"""What coaches type in the portal."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from coaching.grammars import Insight, key_insight_set
from coaching.models import AgreementTemplate, AppointmentType, Coach, Course, Visibility
from coaching.portal.forms import Details as ClientDetails
from coaching.portal.forms import Unchanged

MAX_UPLOAD = 10 * 1024**2  # bytes; a file is in memory while it is stored
LONGEST_CONTENT = 100_000  # characters, as the API takes them
FURTHEST = timedelta(days=3653)  # before and after now; what lies further away is a slip of the keyboard
MOMENT = "%Y-%m-%dT%H:%M"
WRITTEN = "Text or HTML."


class Moment(forms.DateTimeField):
    """A date and a time on the coach's clocks."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
        super().__init__(input_formats=[MOMENT, f"{MOMENT}:%S"], widget=widget, **kwargs)

    def validate(self, value: datetime | None) -> None:
        super().validate(value)
        if value and not -FURTHEST < value - timezone.now() < FURTHEST:
            raise ValidationError("Choose a time within ten years.")


class Day(forms.DateField):
    """A day, today or later."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(input_formats=["%Y-%m-%d"], widget=widget, **kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        today = timezone.localdate()
        if value and not today <= value < today + FURTHEST:
            raise ValidationError("Choose this day or a later one, within ten years.")


class Text(forms.CharField):
    """Words of several lines."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class Details(ClientDetails):
    """What a coach looks after by themselves."""

    class Meta(ClientDetails.Meta):
        model = Coach


class CoachForm(forms.Form):
    """A form of which several may stand on one page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=False, **kwargs)


class Search(CoachForm):
    """Which clients are listed."""

    q = forms.CharField(max_length=100, required=False, label="Name or email address")
    inactive = forms.BooleanField(required=False, label="Inactive ones too")


class NewAction(CoachForm):
    """An action for a client."""

    text = forms.CharField(max_length=1000, label="What is to be done")
    due_at = Moment(label="Due")
    notify = forms.BooleanField(required=False, label="Tell the client by email")


class Comment(CoachForm):
    """Words beside an action."""

    text = Text(max_length=4000, label="Comment")


class NewWorksheet(CoachForm):
    """A sheet for a client."""

    title = forms.CharField(max_length=200)
    content = Text(max_length=LONGEST_CONTENT, required=False, label="Introduction", help_text=WRITTEN, rows=6)
    questions = Text(max_length=20_000, required=False, help_text="One a line. Without any there is one free answer.")
    due_at = Moment(label="Due")
    notify = forms.BooleanField(required=False, label="Tell the client by email")

    def clean_questions(self) -> list[str]:
        """The questions, each as long as a question may be."""
        questions = [line.strip() for line in self.cleaned_data["questions"].splitlines() if line.strip()]
        if any(len(question) > 200 for question in questions):
            raise ValidationError("A question may have 200 characters at most; longer words go into the introduction.")
        return questions


class Reopen(CoachForm):
    """Why a sheet is opened again."""

    comment = Text(max_length=4000, required=False, label="A few words to the client", rows=2)


class Seen(CoachForm):
    """Something that not everybody may see."""

    visibility = forms.ChoiceField(
        choices=[(value, word.capitalize()) for value, word in Visibility.choices], label="Who sees it"
    )


class Notes(Seen):
    """Notes of a session."""

    title = forms.CharField(max_length=200)
    session_at = Moment(label="When")
    content = Text(max_length=LONGEST_CONTENT, label="Notes", help_text=WRITTEN, rows=10)
    field_order = ("title", "session_at", "content", "insights", "visibility")


class ChangedNotes(Unchanged, Notes):
    """Notes that are there already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.show(self.initial)


class NewSession(Notes):
    """Notes of a session with what it brought to light."""

    insights = Text(
        max_length=20_000, required=False, label="Key insights", help_text="One a line; a * before it gives it a star."
    )

    def clean_insights(self) -> tuple[Insight, ...]:
        """The insights, line by line."""
        return key_insight_set(self.cleaned_data["insights"])


class Shared(Seen):
    """What files and links have in common."""

    title = forms.CharField(max_length=300, required=False)
    folder = forms.CharField(max_length=500, required=False)
    description = forms.CharField(max_length=1000, required=False)


class NewLink(Shared):
    """A link for a client."""

    url = forms.CharField(max_length=300, label="Address", widget=forms.URLInput)
    field_order = ("url", "title", "folder", "description", "visibility")


class NewFile(Shared):
    """A file for a client."""

    upload = forms.FileField(max_length=300, label=f"File, {filesizeformat(MAX_UPLOAD)} at most")
    field_order = ("upload", "title", "folder", "description", "visibility")

    def clean_upload(self) -> UploadedFile:
        """The file, if it is not too large."""
        upload: UploadedFile = self.cleaned_data["upload"]
        if upload.size is None or upload.size > MAX_UPLOAD:
            raise ValidationError(f"The file is larger than {filesizeformat(MAX_UPLOAD)}.")
        return upload


class NewAppointment(CoachForm):
    """An appointment with a client."""

    type = forms.ModelChoiceField(AppointmentType.objects.none(), label="What", empty_label=None)
    starts_at = Moment(label="When")
    location = forms.CharField(max_length=100, required=False, label="Place, if not the usual one")
    notify = forms.BooleanField(required=False, label="Tell the client by email")

    def __init__(self, *args: Any, types: QuerySet[AppointmentType], coach: Coach, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["type"]
        field.queryset = types
        field.label_from_instance = lambda type: _named(type, coach)


class Cancel(CoachForm):
    """Why an appointment does not take place."""

    comment = Text(max_length=4000, required=False, label="A few words to the client", rows=2)
    notify = forms.BooleanField(required=False, initial=True, label="Tell the client by email")


class NewAgreement(CoachForm):
    """An agreement for a client."""

    template = forms.ModelChoiceField(AgreementTemplate.objects.none(), label="Agreement", empty_label=None)
    title = forms.CharField(max_length=200, required=False, label="Title, if another")

    def __init__(self, *args: Any, templates: QuerySet[AgreementTemplate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = templates  # type: ignore[attr-defined]


class OfCourse(CoachForm):
    """Something about a course."""

    course = forms.ModelChoiceField(Course.objects.none(), empty_label=None)

    def __init__(self, *args: Any, courses: QuerySet[Course], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = courses  # type: ignore[attr-defined]


class StartCourse(OfCourse):
    """A course for a client."""

    start_date = Day(required=False, label="Begins on", help_text="Empty: at once.")
    on_day = forms.IntegerField(
        min_value=1, max_value=100_000, required=False, label="With day", help_text="Empty: the first."
    )

    def clean_on_day(self) -> int:
        """The first day, where none is given."""
        return self.cleaned_data["on_day"] or 1


class OfferCourse(OfCourse):
    """A course that the client may begin by themselves."""

    available_from = Day(required=False, label="From", help_text="Empty: at once.")


def at(days: int, hour: int) -> datetime:
    """What a field of a moment says before anybody types: so many days from now, at a full hour."""
    day = timezone.localtime() + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def _named(type: AppointmentType, coach: Coach) -> str:
    whose = "" if type.coach_id == coach.pk else f" with {type.coach.name}"
    return f"{type.name}{whose}, {type.duration} minutes"
