"""Pages taken apart: their elements, and forms as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

ASIDE = {"formaction", "formnovalidate"}
"""What such a button does is not what the form is for."""
SKIPPED = ("hidden", "submit", "button", "reset", "image")


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    options: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def type(self) -> str:
        return self.attrs.get("type", "text") if self.tag == "input" else self.tag

    @property
    def name(self) -> str:
        return self.attrs.get("name", "")

    @property
    def is_shown(self) -> bool:
        return self.tag in ("input", "select", "textarea") and self.type not in SKIPPED


@dataclass
class Form:
    attrs: dict[str, str]
    controls: list[Element] = field(default_factory=list)

    @property
    def posted(self) -> dict[str, str]:
        """Untouched, by its main button."""
        sent = {each.name: _value(each) for each in self.controls if each.name and _is_sent(each)}
        buttons = [each for each in self.controls if each.tag == "button" and not each.attrs.keys() & ASIDE]
        if buttons and buttons[0].name:
            sent[buttons[0].name] = buttons[0].attrs.get("value", "")
        return sent

    @property
    def shown(self) -> list[Element]:
        return [
            each for each in self.controls if each.is_shown and each.name and "readonly" not in each.attrs
        ]


def _is_sent(control: Element) -> bool:
    if control.tag == "button" or control.type in ("submit", "button"):
        return False
    return control.type not in ("checkbox", "radio") or "checked" in control.attrs


def _value(control: Element) -> str:
    if control.tag == "select":
        return next(iter(control.options), "")
    return control.text if control.tag == "textarea" else control.attrs.get("value", "on")


class Markup(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self.title = ""
        self._form: Form | None = None
        self._open: Element | None = None
        self.feed(page)
        for element in self.elements:
            if element.attrs.get("form"):
                owner = [form for form in self.forms if form.attrs.get("id") == element.attrs["form"]]
                for form in owner:
                    form.controls.append(element)

    def with_attribute(self, name: str, value: str | None = None) -> list[Element]:
        return [
            each for each in self.elements if name in each.attrs and value in (None, each.attrs.get(name))
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag == "form":
            self._form = Form(element.attrs)
            self.forms.append(self._form)
        elif tag in ("input", "select", "textarea", "button") and self._form and "form" not in element.attrs:
            self._form.controls.append(element)
        if tag == "option" and self._open:
            if "selected" in element.attrs:
                self._open.options.insert(0, element.attrs.get("value", ""))
            else:
                self._open.options.append(element.attrs.get("value", ""))
        elif tag in ("title", "select", "textarea"):
            self._open = element

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if self._open and self._open.tag == tag:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open.tag == "title":
            self.title = (self.title + data).lstrip()
        elif self._open and self._open.tag == "textarea":
            self._open.text += data
