"""Which of the classes of ImageNet new photographs show, for heads that never saw one of them."""

from virb.spec import Classes, Quadrant, Task

TASK = Task(
    name="imagenet-v2",
    title="ImageNet v2",
    about="The classes of ImageNet in ten thousand new photographs, gathered as those of its val were (matched "
    "frequency), for the heads of imagenet as they are.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="imagenet-v2",
    target=Classes(count=1000),
    trained_on="imagenet",
)
