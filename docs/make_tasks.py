"""Write tasks.md from the cards of tasks and data sources: ``python docs/make_tasks.py``."""

from pathlib import Path

from virb.data import DataCard, list_cards
from virb.spec import METRICS, Task
from virb.tasks import TASKS

PAGE = Path(__file__).with_name("tasks.md")

HEAD = """# End tasks

Written by `docs/make_tasks.py` from the cards; `virb tasks list` has the same, and says which data are there.

* **Sizes** are examples of the official splits. *select 20 %* is carved from fit, seeded, evenly over classes and never
  through a group of related examples; *carved* without a number of its own means that the source has no official test.
* **Data** that ship inside packages or are rendered need nothing. How to get the others: [data](data.md).
* Your own images: `folder:PATH`, class folders or images beside masks; `table:FILE.csv` ([your own data](own-data.md)).

"""


def page() -> str:
    """The whole page."""
    cards = list_cards()
    quadrants: dict[str, list[Task]] = {}
    for task in map(TASKS.load, TASKS.names()):
        quadrants.setdefault(str(task.quadrant), []).append(task)
    text = HEAD
    for quadrant in sorted(quadrants):
        text += f"## {quadrant.capitalize()}\n\n| task | what is asked | data | sizes | metric | licence |\n"
        text += "|---|---|---|---|---|---|\n"
        text += "".join(_row(task, cards[task.data]) for task in quadrants[quadrant]) + "\n"
    return text.rstrip() + "\n"


def _row(task: Task, card: DataCard) -> str:
    better = "↓" if METRICS[task.primary].better == "lower" else "↑"
    cells = [
        f"`{task.name}`",
        task.about,
        f"`{task.data}`",
        sizes(task, card),
        f"{task.primary} {better}",
        card.licence,
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def sizes(task: Task, card: DataCard) -> str:
    """Examples of each split in words."""
    told = [f"{split} {count:,}" for split, count in card.splits.items()]
    if not told:
        told = [f"{card.images:,} images"] if card.images else []
    if task.splits.test is not None:
        told.append(f"test {task.splits.test:.0%} carved")
    if task.splits.select is not None:
        told.append(f"select {task.splits.select:.0%} carved")
    return ", ".join(told)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
