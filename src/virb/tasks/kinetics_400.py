"""What people do in a clip of ten seconds, from six frames."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="kinetics-400",
    title="Kinetics-400",
    about="Which of 400 things people do in a clip, from six frames in the middles of six equal parts of it; select is "
    "carved from train, and val is test. The study of 2021 learnt from about 50,000 clips, took the first six frames "
    "in the order of the folder, and numbered the classes of train and val apart.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="kinetics-400",
    target=Classes(count=400),
    splits=Splits(select=0.05),
    images_per_example=6,
)
