"""Colours keep their promise: even steps, room between classes for every kind of sight."""

import numpy as np
import pytest

from virb.report.colours import HATCH, NEUTRAL, class_colours, ramp, wheel

TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
SIGHT = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Machado, Oliveira and Fernandes (2009), severity 1, on linear sRGB."""


def oklab(colours, sight="normal"):
    """From sRGB bytes, the other way round than the code: by Ottosson's forward matrices."""
    coded = np.asarray(colours) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    seen = (linear @ np.array(SIGHT[sight]).T).clip(0, 1)
    return np.cbrt(seen @ TO_CONES.T) @ TO_LAB.T


def nearest(colours, sight):
    lab = oklab(colours, sight)
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    return apart[~np.eye(len(lab), dtype=bool)].min()


@pytest.mark.parametrize("sight", SIGHT)
def test_classes_can_be_told_apart_by_every_sight(sight):
    assert nearest(class_colours(9), sight) > 0.05
    assert nearest(class_colours(24), sight) > (0.04 if sight == "normal" else 0.03)


def test_colours_come_round_again_and_begin_the_same_for_every_count():
    assert (class_colours(50)[24:48] == class_colours(24)).all()
    assert (class_colours(50)[:3] == class_colours(3)).all()
    assert class_colours(2).shape == (2, 3)


def test_the_ramp_gets_lighter_in_even_steps():
    lab = oklab(ramp())
    assert (np.diff(lab[:, 0]) > 0).all()
    steps = np.linalg.norm(np.diff(lab[::10], axis=0), axis=1)
    assert steps.max() / steps.min() < 1.15
    assert len(np.unique(ramp(), axis=0)) == 255


def test_no_colour_is_taken_for_a_gap():
    around = wheel(np.stack(np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 60)), axis=-1)).reshape(-1, 3)
    gap = oklab([NEUTRAL])
    for colours in (ramp(), around, [HATCH], class_colours(24)):
        assert np.linalg.norm(oklab(colours) - gap, axis=1).min() > 0.04


def test_the_wheel_is_pale_within_and_turns_with_direction():
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    rim = wheel(np.stack([np.cos(angles), np.sin(angles)], axis=-1))
    hue = np.unwrap(np.arctan2(*oklab(rim)[:, :0:-1].T))
    assert np.diff(hue) == pytest.approx(np.full(11, np.pi / 6), abs=0.03)
    still = wheel(np.zeros((1, 2)))[0]
    assert still.min() > 235
    assert np.ptp(still.astype(int)) <= 1
    assert (wheel(np.array([[3.0, 0.0]])) == wheel(np.array([[1.0, 0.0]]))).all(), "longer than one is one"
