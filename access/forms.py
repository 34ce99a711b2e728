"""Forms of the back office for users and keys."""

from typing import Any

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.postgres.forms import SimpleArrayField
from unfold.forms import AdminPasswordChangeForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelect2Widget, UnfoldAdminTextareaWidget

from access import services
from access.models import APIKey, User
from access.refusals import Invalid
from access.services.keys import normal_networks
from access.zones import zone_choices


class UserForm(forms.ModelForm):
    """Everything of a user but the password, which is not shown in any form."""

    time_zone = forms.ChoiceField(
        choices=zone_choices, initial=User._meta.get_field("time_zone").get_default(), widget=UnfoldAdminSelect2Widget
    )

    class Meta:
        model = User
        exclude = ("password",)  # noqa: DJ006  the admin lists the fields


class UserAddForm(UserForm, BaseUserCreationForm):
    """The same with a first password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


class SetPasswordForm(AdminPasswordChangeForm):
    """A new password, by the service, which signs the user out everywhere."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for name in ("password1", "password2"):
            self.fields[name].required = True

    def save(self, commit: bool = True) -> User:
        services.set_password(user=self.user, password=self.cleaned_data["password1"])
        return self.user


class APIKeyForm(forms.ModelForm):
    """A key without its secret."""

    allowed_addresses = SimpleArrayField(
        forms.CharField(),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="IPv4 or IPv6 addresses or networks, separated by commas; empty = any.",
    )

    class Meta:
        model = APIKey
        fields = ("owner", "name", "kind", "allowed_addresses", "expires_at")

    def clean_allowed_addresses(self) -> list[str]:
        try:
            return normal_networks(each for each in self.cleaned_data["allowed_addresses"] if each.strip())
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
