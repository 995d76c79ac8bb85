from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    name = "resources"

    def ready(self) -> None:
        from accounts.api.profile import profile_parts
        from resources import receivers
        from resources.api.profile import PART

        receivers.connect()
        profile_parts.append(PART)
