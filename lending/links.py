"""Addresses of lending's pages, for messages and feeds."""

from uuid import UUID

from django.urls import reverse


def loan_path(loan_id: UUID) -> str:
    """For its borrower, signed in."""
    return reverse("lend-loan", args=[loan_id])


def desk_path(venue_slug: str) -> str:
    return reverse("lend-desk", args=[venue_slug])
