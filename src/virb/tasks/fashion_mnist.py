"""Which kind of clothing a small grey photograph shows."""

from virb.spec import Classes, Quadrant, Splits, Task

TASK = Task(
    name="fashion-mnist",
    title="Fashion-MNIST",
    about="Which of ten kinds of clothing a grey photograph of 28 x 28 pixels shows; select is carved from train.",
    quadrant=Quadrant(level="image-level", kind="semantic"),
    data="fashion-mnist",
    target=Classes(
        count=10,
        names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    splits=Splits(select=0.1),
)
