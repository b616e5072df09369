"""Make the picture of the README: the top of a report, as a browser shows it.

make demo && .venv/bin/python docs/make_picture.py virb-demo/report.html
"""

import shutil
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).with_name("report.png")


def main(report: str) -> None:
    """Photograph the page down to the end of its first table, in few enough colours for 100 kB."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1240, "height": 900}, color_scheme="light")
        page.goto(Path(report).resolve().as_uri())
        bottom = page.locator("table").first.bounding_box()
        assert bottom is not None
        height = bottom["y"] + bottom["height"] + 24
        shot = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": 1240, "height": height})
        browser.close()
    Image.open(BytesIO(shot)).convert("RGB").quantize(24).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1])
