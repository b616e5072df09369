"""Writes docs/zoo.md from the zoo's rows.

Run it after a change of a row: python docs/make_zoo_page.py
"""

from pathlib import Path

from virb.encoders._packaged import PACKAGED
from virb.encoders._zoo_table import Row, rows

PAGE = Path(__file__).parent / "zoo.md"

HEAD = """# The zoo

<!-- Written by docs/make_zoo_page.py from src/virb/encoders/_zoo_rows. Mend the rows, not this page. -->

Published encoders under names that say what they are: `virb run --encoder zoo:moco-v2-imagenet-800 …`. A row knows the
method, the data and the budget, which are the factors of the analysis, and the licence of the weights.

```
virb encoders list --method moco-v2             which there are, and which are on this machine
virb encoders fetch zoo:moco-v2-imagenet-800    size and licence first, then the file; goes on where it was cut
virb encoders fetch --study paper-2021          all the encoders of the 2021 study
```

Files lie in `$VIRB_WEIGHTS`, or where the platform keeps a user's data, and no budget takes them away. On a machine
without a network put the file there by hand, under the name that the refusal of `zoo:NAME` tells. What a file is when
it is first seen is written into `digests.json` beside it; if it ever is another, it is refused by name.

No link was opened and no file was read when this page was written: links, licences and facts are as the named pages
give them. A number that a page does not state is left out. Licences marked **NC** do not allow commercial use.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, _packaged()]
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows().values():
        groups.setdefault((row.study or "", row.page, row.licence), []).append(row)
    studies = {"paper-2021": "The 2021 study", "lightly-100": "lightly's matched benchmark", "": "Others"}
    for study, title in studies.items():
        parts.append(f"## {title}\n" + (f"\n`virb encoders list --study {study}`\n" if study else ""))
        parts += [_group(found) for (of, _, _), found in groups.items() if of == study]
    return "\n".join(parts)


def _packaged() -> str:
    lines = ["## In Python packages\n", "| name | what | licence |", "|---|---|---|"]
    lines += [f"| `zoo:{name}` | {made.about} | {made.licence} |" for name, made in PACKAGED.items()]
    return "\n".join(lines) + "\n"


def _group(found: list[Row]) -> str:
    first = found[0]
    title = first.page.removeprefix("https://").removeprefix("www.")
    note = f" ({first.licence_note})" if first.licence_note else ""
    marked = f"**{first.licence}**" if "NC" in first.licence else first.licence
    lines = [f"[{title}]({first.page}); licence: {marked}{note}\n"]
    lines += ["| name | method | data | images | epochs | architecture | weights |", "|---|---|---|---|---|---|---|"]
    lines += [_line(row) for row in found]
    notes = [f"`{row.name}`: {row.note}." for row in found if row.note]
    return "\n".join(lines) + "\n" + "".join(f"\n{note}\n" for note in notes)


def _line(row: Row) -> str:
    names = f"`zoo:{row.name}`" + "".join(f" `{alias}`" for alias in row.aliases)
    part = {1.0: "", 0.5: ", half", 0.25: ", quarter"}[row.fraction] + (f", {row.balance}" if row.balance else "")
    images, epochs = (f"{count:,}" if count else "" for count in (row.images, row.epochs))
    weights = f"[{row.layout}]({row.url})" if row.url else f"`{row.via}`"
    return f"| {names} | {row.method} | {row.data or ''}{part} | {images} | {epochs} | {row.arch} | {weights} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
