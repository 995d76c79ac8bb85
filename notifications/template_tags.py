"""All that message texts can do besides placeholders."""

from django import template
from django.template.defaulttags import do_if

register = template.Library()
register.tag("if", do_if)
