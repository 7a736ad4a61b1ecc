"""Lists as files: CSV as Dutch Excel reads it, and XLSX; both of exactly what the list holds, row by row.

A text that a spreadsheet would run as a formula gets an apostrophe before it (ASVS 1.2.10), in both files, because one
is often saved as the other.
"""

from __future__ import annotations

import csv
import re
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Response, stream_with_context

from app.core import clock

CHUNK = 64 * 1024
LINES_PER_CHUNK = 200
LONGEST_CELL = 32_767
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BYTE_ORDER_MARK = "\ufeff"
MOST_SHEET_NAME = 31
FORMATS = ("csv", "xlsx")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORMULA = re.compile(r"[\t\r\n]|[\s\u200b\ufeff]*[=+\-@＝＋－＠]")


@dataclass(frozen=True)
class Field:
    """A column of a file: its heading, and whether its integers are cents."""

    label: Any
    is_money: bool = False


def safe_text(value: Any) -> str:
    """Write a text that no spreadsheet takes for a formula."""
    text = _CONTROL.sub("", str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def file_name(title: Any, extension: str) -> str:
    """Name the file after the list and the day, in characters that every header and disk takes."""
    plain = unicodedata.normalize("NFKD", str(title)).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "export"
    return f"{stem}-{clock.today().isoformat()}.{extension}"


def csv_value(value: Any, field: Field) -> str:
    """Write a value as Dutch Excel types it: `1250,00`, `14-01-2027`, `14-01-2027 19:30`."""
    if value is None:
        return ""
    if isinstance(value, (int, float, Decimal)):
        return _csv_number(value, field)
    if isinstance(value, datetime):
        return clock.local(value).strftime("%d-%m-%Y %H:%M")
    return value.strftime("%d-%m-%Y") if isinstance(value, date) else safe_text(value)


def _csv_number(value: float | Decimal, field: Field) -> str:
    if field.is_money and isinstance(value, int):
        return f"{'-' if value < 0 else ''}{abs(value) // 100},{abs(value) % 100:02d}"
    return str(int(value) if isinstance(value, bool) else value).replace(".", ",")


class _Line:
    """Something to write to that hands back what was written."""

    def write(self, text: str) -> str:
        return text


def csv_lines(fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield a file of RFC 4180 with semicolons, a few hundred lines at a time."""
    writer = csv.writer(_Line(), delimiter=";", lineterminator="\r\n")
    lines: list[Any] = [BYTE_ORDER_MARK, writer.writerow([safe_text(field.label) for field in fields])]
    for row in rows:
        lines.append(writer.writerow([csv_value(value, field) for value, field in zip(row, fields, strict=True)]))
        if len(lines) >= LINES_PER_CHUNK:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def xlsx_chunks(title: Any, fields: Sequence[Field], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield a workbook with native amounts and dates; built on disk row by row, so memory does not grow with it."""
    import xlsxwriter  # noqa: PLC0415  heavy, and few requests need it

    with tempfile.TemporaryFile() as file:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_date_format": "dd-mm-yyyy",
        }
        book = xlsxwriter.Workbook(file, options)
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", str(title))[:MOST_SHEET_NAME].strip() or "Export")
        bold = book.add_format({"bold": True, "bottom": 1})
        write = _cell_writer(sheet, book)
        for number, field in enumerate(fields):
            sheet.set_column(number, number, max(12, min(40, len(str(field.label)) + 4)))
            sheet.write_string(0, number, safe_text(field.label), bold)
        sheet.freeze_panes(1, 0)
        last = 0
        for last, row in enumerate(rows, start=1):
            for number, (value, field) in enumerate(zip(row, fields, strict=True)):
                write(last, number, value, field)
        sheet.autofilter(0, 0, last, max(0, len(fields) - 1))
        book.close()
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk


def _cell_writer(sheet: Any, book: Any) -> Callable[[int, int, Any, Field], None]:
    amount = book.add_format({"num_format": '"€" #,##0.00;"€" -#,##0.00'})
    day = book.add_format({"num_format": "dd-mm-yyyy"})
    moment = book.add_format({"num_format": "dd-mm-yyyy hh:mm"})

    def write(row: int, column: int, value: Any, field: Field) -> None:
        if value is None:
            return
        if field.is_money and isinstance(value, int):
            sheet.write_number(row, column, value / 100, amount)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, (int, float, Decimal)):
            sheet.write_number(row, column, value)
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, clock.local(value).replace(tzinfo=None), moment)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, day)
        else:
            sheet.write_string(row, column, safe_text(value)[:LONGEST_CELL])

    return write


def respond(title: Any, fields: Sequence[Field], rows: Iterable[Sequence[Any]], *, file_format: str) -> Response:
    """Send rows as a file, as they come from the database."""
    if file_format == "xlsx":
        body: Any = xlsx_chunks(title, fields, rows)
        mimetype = XLSX_TYPE
    else:
        body = csv_lines(fields, rows)
        mimetype = "text/csv; charset=utf-8"
    response = Response(stream_with_context(body), content_type=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(title, file_format)}"'
    response.headers["Cache-Control"] = "no-store"
    return response
