import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET = 4
"""White modules around the code, as the standard requires."""


def qr_svg(text: str) -> str:
    """One path, so that the picture is small and scales to any size."""
    code = qrcode.QRCode(border=QUIET, error_correction=ERROR_CORRECT_M)
    code.add_data(text)
    rows = code.get_matrix()
    size = len(rows)
    dots = "".join(
        f"M{column} {line}h1v1h-1z"
        for line, row in enumerate(rows)
        for column, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size * 8}"'
        f' height="{size * 8}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path d="{dots}"/></svg>'
    )
