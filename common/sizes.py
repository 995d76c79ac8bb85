from math import ceil

from django.utils.formats import number_format

MEGABYTE = 1024 * 1024


def name_size(size: int) -> str:
    """``2.1 MB``, rounded up: what is too large never looks as large as it may be."""
    return f"{number_format(ceil(size / MEGABYTE * 10) / 10, 1)} MB"
