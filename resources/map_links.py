from urllib.parse import quote, urlencode

from resources.models import Venue


def map_link(venue: Venue) -> str:
    """On OpenStreetMap; empty if neither the venue's coordinates nor its town are known."""
    if venue.has_coordinates:
        at = f"{venue.latitude:.6f}/{venue.longitude:.6f}"
        return (
            f"https://www.openstreetmap.org/?mlat={venue.latitude:.6f}&mlon={venue.longitude:.6f}#map=17/{at}"
        )
    if not venue.city:
        return ""
    town = f"{venue.postal_code} {venue.city}".strip()
    place = ", ".join(part for part in (venue.street, town, venue.country) if part)
    return f"https://www.openstreetmap.org/search?{urlencode({'query': place}, quote_via=quote)}"
