"""Every change of an account; what concerns signing in runs through django-allauth."""
