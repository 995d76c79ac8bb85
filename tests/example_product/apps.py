from django.apps import AppConfig


class ExampleConfig(AppConfig):
    name = "tests.example_product"
    label = "example_product"

    def ready(self) -> None:
        from tests.example_product import feeds, messages, news, pages, periodic, privacy

        feeds.register()
        messages.register()
        news.register()
        pages.register()
        privacy.register()
        periodic.register()
