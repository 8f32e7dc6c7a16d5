"""The one error of the Bitrix24 sandbox and the few shapes it takes on the wire."""

from __future__ import annotations


class RestError(Exception):
    """A refusal: HTTP status, vendor code (may be empty or a number, see bitrix24 docs: error-codes.md) and text."""

    def __init__(self, code: str | int, text: str, status: int = 400) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.code = code
        self.text = text
        self.status = status

    def body(self) -> dict[str, str | int]:
        return {"error": self.code, "error_description": self.text}


def legacy_not_found() -> RestError:
    """Deprecated methods answer with an empty code and the reason in the text alone."""
    return RestError("", "Not found")


def item_not_found() -> RestError:
    """The universal methods answer 400, never 404."""
    return RestError("NOT_FOUND", "Элемент не найден")
