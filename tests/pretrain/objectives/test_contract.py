"""What every objective promises, for every method there is."""

from copy import deepcopy

import pytest
import torch

from pretraining_samples import BATCH, IMAGES, batch, draw, objective
from virb.pretrain import METHODS


@pytest.fixture(params=METHODS.names())
def method(request):
    return request.param


def prepared(method, seed=0):
    one = objective(method, seed)
    one.expect((0.4, 0.5, 0.6), (0.2, 0.3, 0.4))
    whole = batch(seed=99, count=IMAGES)
    one.prepare([whole._replace(rows=torch.arange(IMAGES))], draw(7))
    return one


def optimiser(one):
    return torch.optim.AdamW([weight for weight in one.parameters() if weight.requires_grad], lr=1e-2)


def step(one, descent, number):
    """One step as the training loop makes it."""
    outcome = one(batch(number), draw(number), number)
    descent.zero_grad()
    outcome.loss.backward()
    one.before_update(number)
    descent.step()
    one.after_update(number)
    return outcome


def bytes_of(one):
    """Every parameter and every buffer, also those that state dicts leave out."""
    return {name: value.detach().clone() for name, value in (*one.named_parameters(), *one.named_buffers())}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


class TestContract:
    """Run once for every method."""

    def test_the_loss_is_a_finite_number_and_embeddings_are_detached(self, method):
        outcome = prepared(method)(batch(), draw(), 0)
        assert outcome.loss.shape == ()
        assert outcome.loss.isfinite()
        assert outcome.loss.requires_grad
        assert outcome.embeddings.shape[0] == BATCH
        assert outcome.embeddings.ndim == 2
        assert not outcome.embeddings.requires_grad

    def test_every_weight_of_the_trunk_gets_a_gradient(self, method):
        one = prepared(method)
        one(batch(), draw(), 0).loss.backward()
        for name, weight in one.trunk.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.isfinite().all(), name
            assert weight.grad.any(), name

    def test_two_that_are_built_alike_and_fed_alike_stay_equal(self, method):
        one, other = prepared(method), prepared(method)
        first, second = optimiser(one), optimiser(other)
        for number in range(4):
            torch.manual_seed(number)
            left = step(one, first, number)
            torch.manual_seed(1000 + number)  # the global generator is none of its business
            right = step(other, second, number)
            assert torch.equal(left.loss, right.loss)
            assert torch.equal(left.embeddings, right.embeddings)
        assert_same(bytes_of(one), bytes_of(other))

    def test_all_that_it_remembers_is_in_its_parameters_and_buffers(self, method):
        one = prepared(method)
        descent = optimiser(one)
        for number in range(2):
            step(one, descent, number)
        fresh = prepared(method, seed=5)
        kept = bytes_of(one)
        with torch.no_grad():
            for name, value in (*fresh.named_parameters(), *fresh.named_buffers()):
                value.copy_(kept[name])
        again = optimiser(fresh)
        again.load_state_dict(deepcopy(descent.state_dict()))
        for number in range(2, 5):
            assert torch.equal(step(one, descent, number).loss, step(fresh, again, number).loss)
        assert_same(bytes_of(one), bytes_of(fresh))

    def test_a_copy_made_in_the_middle_goes_on_equally(self, method):
        one = prepared(method)
        descent = optimiser(one)
        step(one, descent, 0)
        other = deepcopy(one)
        again = optimiser(other)
        again.load_state_dict(deepcopy(descent.state_dict()))
        for number in range(1, 3):
            step(one, descent, number)
            step(other, again, number)
        assert_same(bytes_of(one), bytes_of(other))

    def test_a_step_draws_nothing_from_the_global_generator(self, method):
        one = prepared(method)
        before = torch.random.get_rng_state()
        step(one, optimiser(one), 0)
        assert torch.equal(torch.random.get_rng_state(), before)

    def test_other_draws_and_other_images_give_another_loss(self, method):
        one = prepared(method)
        losses = {
            deepcopy(one)(images, generator, 0).loss.item()
            for images, generator in ((batch(), draw()), (batch(), draw(1)), (batch(1), draw()))
        }
        assert len(losses) == 3

    def test_the_images_of_a_batch_are_left_as_they_are(self, method):
        given = batch()
        prepared(method)(given, draw(), 0)
        assert torch.equal(given.images, batch().images)
        assert torch.equal(given.rows, batch().rows)

    def test_the_trunk_sees_views_at_the_statistics_it_was_promised(self, method):
        one = prepared(method)
        grey = batch()._replace(images=torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1).expand(BATCH, 3, 21, 21))
        normalised = one.normalise(grey.images)
        torch.testing.assert_close(normalised, torch.zeros(BATCH, 3, 21, 21), rtol=0, atol=1e-6)
        assert normalised.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(one.normalise(torch.ones(1, 3, 1, 1)).flatten(), torch.tensor([3.0, 5 / 3, 1.0]))

    def test_a_few_steps_bring_the_loss_of_one_batch_down(self, method):
        # A long queue, which this very batch does not fill.
        one = objective(method, **({"queue": 4096} if "queue" in METHODS.load(method).settings else {}))
        descent = torch.optim.AdamW([weight for weight in one.parameters() if weight.requires_grad], lr=3e-3)
        losses = []
        for _ in range(12):
            outcome = one(batch(), draw(), 0)
            descent.zero_grad()
            outcome.loss.backward()
            descent.step()
            losses.append(outcome.loss.item())
        assert losses[-1] < losses[0]
