"""The key that script/server made for a local server: manage.py beside it uses the same."""

from pathlib import Path


def read_kept_key(folder: Path) -> str:
    kept = folder / "secret_key"
    return kept.read_text().strip() if kept.is_file() else ""
