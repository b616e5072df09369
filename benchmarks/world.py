"""Images a second of the world's renderer, of furnished rooms and of things on hills, in one run.

    python benchmarks/world.py --scenes 40
    python benchmarks/world.py --all --share 0.02

Every truth is rendered; "flow" adds a next moment, and with it optical flow and visibility. The kernel is compiled, or
loaded from numba's cache, before anything is measured, which is timed too. Goal: 200 images/s of rooms at 64 px with
flow on two cores.

``--all`` renders every set of the world at its own size into an empty cache, or the first share of each, and says how
long that took and how long it would take in whole. Goal: less than six minutes for all of them on two cores.
"""

import argparse
import math
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from virb.cache import Cache, show_size
from virb.data.world import world_size
from virb.data.world._entry import open_entry
from virb.data.world._render import render
from virb.data.world._scene import Camera, Light, Scene, Shape, ShapeKind, Texture, TextureKind
from virb.data.world._stream import Stream
from virb.data.world._table import table
from virb.data.world.sets import SETS
from virb.progress import Quiet

KINDS: tuple[ShapeKind, ...] = ("box", "ellipsoid", "cylinder", "cone")
TEXTURES: tuple[TextureKind, ...] = (
    "plain", "checker", "stripes", "dots", "noise", "marble", "bricks", "planks", "photo",
)  # fmt: skip


def main() -> None:
    """Print images a second for each size, number of threads and kind of scene, and what a picture's time goes to."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scenes", type=int, default=40)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options.add_argument("--all", action="store_true")
    options.add_argument("--share", type=float, default=1.0)
    options.add_argument("--side", type=int, help="with --all: pixels of every image; those of each set by default")
    asked = options.parse_args()
    if asked.all:
        render_every_set(asked.share, asked.threads[-1], asked.side)
        return
    start = time.perf_counter()
    render(room(Stream("warm")), 64)
    print(f"first image {time.perf_counter() - start:.2f} s (imports, and compiling or loading)")
    for name, build in {"rooms": room, "hills": hills}.items():
        scenes = [build(Stream("benchmark", name, number)) for number in range(asked.scenes)]
        print(
            f"\n{name}, {len(scenes[0].shapes)} shapes: images a second, and a second of CPU; medians of {asked.rounds}"
        )
        print("size  threads     alone  (CPU)    with flow  (CPU)")
        for size, threads in product((64, 96), asked.threads):
            alone, flow = (1 / cost(scenes, size, threads, moves, asked.rounds) for moves in (False, True))
            print(f"{size:4d} {threads:8d} {alone[0]:9.0f} {alone[1]:6.0f} {flow[0]:12.0f} {flow[1]:6.0f}")
        print("CPU ms a picture of 64 px on one thread, each line without what the lines before it add")
        for stage, (simpler, moves) in stages(scenes).items():
            print(f"  {stage:30s} {cost(simpler, 64, 1, moves, asked.rounds)[1] * 1000:6.2f}")
        start = time.process_time()
        for scene in scenes:
            table(scene)
        print(f"  {'tables alone':30s} {(time.process_time() - start) / asked.scenes * 1000:6.2f}")


def render_every_set(share: float, threads: int, side: int | None) -> None:
    """Render, one set after another, and print images, seconds and bytes of each."""
    render(room(Stream("warm")), 96)
    wholes = {name: sum(scenes.examples.values()) * scenes.images for name, scenes in SETS.items()}
    sizes = {name: world_size(name)[1] for name in wholes}
    print(f"{len(wholes)} sets, {sum(wholes.values()):,} images, {show_size(sum(sizes.values()))}")
    print(f"{threads} threads, the first {share:g} of each\n{'set':16s} images  seconds  images/s  CPU s  all of it, s")
    total = processor = 0.0
    for name, scenes in SETS.items():
        part = copy(scenes)
        part.examples = {split: math.ceil(share * count) for split, count in scenes.examples.items()}
        with tempfile.TemporaryDirectory() as place:
            start = time.perf_counter(), time.process_time()
            entry = open_entry(name, part, side or part.size, Cache(Path(place), 10**12), Quiet(), threads)
            spent, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
            images = math.prod(entry.arrays["images"].shape[:2])
            del entry  # its files are mapped
        whole = spent * wholes[name] / images
        total, processor = total + whole, processor + cpu * wholes[name] / images
        print(f"{name:16s} {images:6,d} {spent:8.1f} {images / spent:9.0f} {cpu:6.1f} {whole:13.0f}", flush=True)
    print(f"all sets {'' if share == 1 else 'would '}take {total / 60:.1f} min (goal 6), {processor:.0f} s of CPU")


def cost(scenes: list[Scene], size: int, threads: int, moves: bool, rounds: int) -> NDArray[np.float64]:
    """Median seconds an image: of the clock, and of CPU, which neighbours on the machine disturb less."""
    pairs = [(scene, after(scene) if moves else None) for scene in scenes]
    spent = []
    for _ in range(rounds):
        start = time.perf_counter(), time.process_time()
        draw(pairs, size, threads)
        spent.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return np.median(spent, axis=0) / len(scenes)


def stages(scenes: list[Scene]) -> dict[str, tuple[list[Scene], bool]]:
    """The same scenes with less and less to do, and whether flow is asked for."""
    dark = [replace(scene, light=Light((0, -1, 0), colour=(0, 0, 0))) for scene in scenes]
    plain = [replace(scene, shapes=tuple(replace(s, texture=Texture()) for s in scene.shapes)) for scene in dark]
    return {
        "everything": (scenes, True),
        "without flow": (scenes, False),
        "with a sun from below": (dark, False),
        "without textures": (plain, False),
        "only the room or the terrain": ([replace(scene, shapes=scene.shapes[:1]) for scene in plain], False),
        "only sky": ([replace(scene, shapes=()) for scene in plain], False),
    }


def draw(pairs: list[tuple[Scene, Scene | None]], size: int, threads: int) -> None:
    """Render all scenes on a pool of threads, or on this one."""
    if threads == 1:
        for scene, then in pairs:
            render(scene, size, then)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda pair: render(pair[0], size, pair[1]), pairs))


def after(scene: Scene) -> Scene:
    """The next moment: the camera goes on and turns, and everything that has a name moves."""
    x, y, z = scene.camera.at
    camera = replace(scene.camera, at=(x + 0.1, y, z - 0.2), turn=(scene.camera.turn[0] + 4, *scene.camera.turn[1:]))
    shapes = tuple(
        replace(shape, at=(shape.at[0] + 0.1, *shape.at[1:]), turn=(shape.turn[0] + 5, *shape.turn[1:]))
        if shape.instance
        else shape
        for shape in scene.shapes
    )
    return replace(scene, shapes=shapes, camera=camera)


def room(draw: Stream) -> Scene:
    """A room with a lamp, a window's picture on a wall, and 23 parts of furniture."""
    shapes = [
        Shape("box", (0, 1.5, 0), (3, 1.5, 4), texture=texture(draw, 1.0), label=1),
        Shape(
            "box", (0, 1.6, -3.98), (0.8, 0.5, 0.03), texture=Texture("photo", ((1, 1, 1), (1, 1, 1)), 1.6, 3), label=2
        ),
    ]
    for number in range(23):
        size = draw.uniform(0.1, 0.5), draw.uniform(0.1, 0.6), draw.uniform(0.1, 0.5)
        at = draw.uniform(-2.4, 2.4), size[1], draw.uniform(-3.4, 1.5)
        turn = draw.uniform(0, 360), 0.0, 0.0
        shapes.append(Shape(draw.choice(KINDS), at, size, turn, texture(draw, 0.4), 3, number + 1))
    light = Light((draw.uniform(-2, 2), 2.8, draw.uniform(-2, 2)), sun=False)
    return Scene(tuple(shapes), Camera((draw.uniform(-1, 1), 1.5, 3.5), (draw.uniform(-20, 20), -10, 0), 65), light)


def hills(draw: Stream) -> Scene:
    """Terrain under a low sun, with 24 solids on it."""
    shapes = [Shape("terrain", size=(12, 2.5, 12), texture=texture(draw, 2.0), label=1, seed=draw.integer(0, 1000))]
    for number in range(24):
        size = draw.uniform(0.3, 1.5), draw.uniform(0.5, 3), draw.uniform(0.3, 1.5)
        at = draw.uniform(-15, 15), size[1] + 1, draw.uniform(-40, -4)
        turn = draw.uniform(0, 360), 0.0, 0.0
        shapes.append(Shape(draw.choice(KINDS), at, size, turn, texture(draw, 0.8), 3, number + 1))
    camera = Camera((0, 4, 0), (draw.uniform(-20, 20), -8, 0), 65)
    return Scene(tuple(shapes), camera, Light((draw.uniform(-1, 1), 0.6, draw.uniform(-1, 1))))


def texture(draw: Stream, scale: float) -> Texture:
    """Any of the kinds, in any colours."""
    ends = tuple((draw.uniform(), draw.uniform(), draw.uniform()) for _ in range(2))
    return Texture(draw.choice(TEXTURES), (ends[0], ends[1]), scale * draw.uniform(0.5, 1.5), draw.integer(0, 10_000))


if __name__ == "__main__":
    main()
