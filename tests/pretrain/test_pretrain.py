"""What can be asked of pre-training is checked before any compute, and without torch."""

import subprocess
import sys

import pytest

from virb.errors import UserError
from virb.pretrain import COMMON, METHODS, check_recipe, departures, settings_of
from virb.spec import Recipe

GOOD = {"arch": "narrow_resnet10_w8", "data": "world:objects", "images": 8000, "images_seen": 80_000}


def asked(method="moco-v2", **more):
    return Recipe(method=method, **{**GOOD, **more})


def refusal(recipe, images=None):
    with pytest.raises(UserError) as caught:
        check_recipe(recipe, images)
    return str(caught.value)


class TestContract:
    """Run once for every method."""

    @pytest.fixture(params=METHODS.names())
    def method(self, request):
        return request.param

    def test_it_says_what_it_is_and_where_it_comes_from(self, method):
        one = METHODS.load(method)
        assert one.about
        assert "arXiv:" in one.paper
        assert one.version >= 1

    def test_its_defaults_are_accepted_and_lie_within_their_ranges(self, method):
        check_recipe(asked(method))
        for name, setting in {**COMMON, **METHODS.load(method).settings}.items():
            assert setting.low <= setting.default <= setting.high, name
            assert not setting.whole or setting.default == int(setting.default), name
            assert setting.about, name
        assert not set(COMMON) & set(METHODS.load(method).settings)

    def test_settings_are_its_defaults_with_the_recipes_departures(self, method):
        plain, changed = settings_of(asked(method)), settings_of(asked(method, settings={"lr": 0.5}))
        assert set(plain) == {*COMMON, *METHODS.load(method).settings}
        assert changed == {**plain, "lr": 0.5}

    def test_every_setting_is_refused_outside_its_range(self, method):
        for name, setting in {**COMMON, **METHODS.load(method).settings}.items():
            odd = [setting.low - 1, float("nan"), float("inf"), -float("inf")]
            odd += [setting.high * 2] if setting.high < float("inf") else []
            odd += [setting.default + 0.5] if setting.whole else []
            for value in odd:
                text = refusal(asked(method, settings={name: value}))
                assert f"cannot be {name}" in text
                assert f"'{value:g}'" in text

    def test_an_unknown_setting_is_named_with_the_nearest(self, method):
        text = refusal(asked(method, settings={"weight-deca": 1}))
        assert "'weight-deca'" in text
        assert "'weight-decay'" in text

    def test_a_budget_below_a_batch_and_data_below_a_batch_are_refused(self, method):
        assert "'63' images seen holds no batch of 64" in refusal(asked(method, images_seen=63))
        assert "63 images, fewer than a batch of '64'" in refusal(asked(method, images=63))
        assert "63 images, fewer than a batch of '64'" in refusal(asked(method, images=None), 63)


def test_an_unknown_method_is_named_with_the_nearest():
    assert "'moco-v2'" in refusal(asked("moco-v3"))


def test_images_that_are_not_counted_yet_are_not_guessed():
    check_recipe(asked("moco-v2", images=None, data="folder:somewhere"))


@pytest.mark.parametrize(
    ("method", "setting", "most"), [("moco-v2", "queue", 100), ("swav", "queue", 100), ("pirl", "negatives", 99)]
)
def test_what_is_compared_against_is_not_more_than_the_data(method, setting, most):
    recipe = asked(method, images=100, settings={setting: most})
    check_recipe(recipe)
    over = recipe.model_copy(update={"settings": {setting: most + 1.0}})
    assert f"'{most + 1}'" in refusal(over)
    assert f"--set {setting}=N" in refusal(over)


def test_a_recipe_of_another_version_of_its_method_is_refused():
    assert "version '2' of swav" in refusal(asked("swav", version=2))


def test_a_setting_at_its_default_makes_no_other_recipe():
    given = {"lr": COMMON["lr"].default, "queue": 7.0, "no-such": 1.0}
    assert departures("moco-v2", given) == {"queue": 7.0, "no-such": 1.0}


def test_checking_a_recipe_imports_no_torch():
    script = (
        "import sys\n"
        "from virb.pretrain import METHODS, check_recipe\n"
        "from virb.spec import Recipe\n"
        "for name in METHODS.names():\n"
        f"    check_recipe(Recipe(method=name, **{GOOD!r}))\n"
        "heavy = {'torch', 'timm', 'lightly', 'pytorch_lightning', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
