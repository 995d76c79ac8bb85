"""Forms of the admin whose rows a service writes."""

from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from common.errors import DomainError
from common.transactions import rehearsal

M = TypeVar("M", bound=Model)


class RehearsedForm(forms.ModelForm[M]):
    """Validates by rehearsing the service, so that its refusal appears in the form and the input is kept."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            try:
                with rehearsal(dry_run=True):
                    self.carry_out()
            except DomainError as error:
                field_errors = {name: text for name, text in error.fields.items() if name in self.fields}
                raise ValidationError(field_errors or str(error)) from error
        return cleaned

    def carry_out(self) -> M:
        """Call the service with what was typed. Raises ``DomainError``."""
        raise NotImplementedError
