"""One spelling for each email address, the one that every mail server takes."""

import idna


def normal_email(text: str) -> str:
    """In lower case, its domain in ASCII: ``Info@Käse.de`` and ``info@xn--kse-qla.de`` are one address."""
    local, at, domain = text.strip().lower().rpartition("@")
    if domain.isascii():
        return f"{local}{at}{domain}"
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return f"{local}{at}{domain}"  # whoever checks addresses refuses it
