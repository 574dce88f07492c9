"""The formulas of PPO, each against loops over plain Python numbers."""

import math
import random

import pytest
import torch

from kgtools.train.stages.ppo import losses

SEEDS = range(6)


def ragged(seed: int, rows: int = 5, tokens: int = 9):
    """Numbers and a mask of one run of tokens a row, one row with a single token and one with none."""
    draw = random.Random(seed)
    mask = []
    for row in range(rows):
        begin = draw.randrange(tokens - 1)
        size = {0: 0, 1: 1}.get(row, draw.randint(1, tokens - begin))
        mask.append([begin <= place < begin + size for place in range(tokens)])

    def numbers(scale: float = 1.0) -> list[list[float]]:
        return [[draw.gauss(0, scale) for _ in range(tokens)] for _ in range(rows)]

    return draw, mask, numbers


def tensor(rows, dtype=torch.float64):
    return torch.tensor(rows, dtype=dtype)


def close(found: torch.Tensor, wanted, tolerance: float = 1e-9) -> None:
    torch.testing.assert_close(found.double(), torch.tensor(wanted, dtype=torch.float64), atol=tolerance, rtol=0)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_log_probabilities_are_those_of_a_softmax(temperature):
    torch.manual_seed(0)
    logits, ids = torch.randn(2, 3, 7), torch.randint(7, (2, 3))
    wanted = []
    for row, line in zip(logits.tolist(), ids.tolist(), strict=True):
        wanted.append([])
        for scores, id_ in zip(row, line, strict=True):
            whole = math.log(sum(math.exp(score / temperature) for score in scores))
            wanted[-1].append(scores[id_] / temperature - whole)

    close(losses.log_probs(logits, ids, temperature), wanted, 1e-5)
    low = losses.log_probs(logits.bfloat16(), ids, temperature)
    assert low.dtype == torch.float32
    close(low, wanted, 3e-2)


@pytest.mark.parametrize("chunk", [1, 2, 4, 100])
def test_in_chunks_the_numbers_and_gradients_are_those_of_the_whole(chunk):
    torch.manual_seed(1)
    head = torch.nn.Linear(6, 11)
    hidden, ids = torch.randn(3, 7, 6, requires_grad=True), torch.randint(11, (3, 7))
    weights = torch.randn(3, 7)

    whole = losses.log_probs(head(hidden), ids, 0.9)
    (whole * weights).sum().backward()
    wanted = (hidden.grad.clone(), head.weight.grad.clone())
    hidden.grad, head.weight.grad = None, None
    found, entropy = losses.chunked_log_probs(hidden, head, ids, 0.9, chunk)
    (found * weights).sum().backward()

    assert torch.allclose(found, whole, atol=1e-6)
    assert torch.allclose(hidden.grad, wanted[0], atol=1e-5)
    assert torch.allclose(head.weight.grad, wanted[1], atol=1e-5)
    shares = (head(hidden) / 0.9).softmax(-1)
    assert torch.allclose(entropy, -(shares * shares.log()).sum(-1), atol=1e-5)
    assert not entropy.requires_grad


@pytest.mark.parametrize("seed", SEEDS)
def test_divergence_and_rewards_of_tokens(seed):
    draw, mask, numbers = ragged(seed)
    new, reference, scores = numbers(), numbers(), [draw.gauss(0, 1) for _ in range(5)]
    log_ratio = [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(new, reference, strict=True)]
    wanted = []
    for row, line in enumerate(mask):
        last = max((place for place, inside in enumerate(line) if inside), default=None)
        wanted.append([
            (-0.3 * log_ratio[row][place] + (scores[row] if place == last else 0.0)) if inside else 0.0 for place, inside in enumerate(line)
        ])  # fmt: skip

    close(losses.kl(tensor(new), tensor(reference), "k1"), log_ratio)
    close(losses.kl(tensor(new), tensor(reference), "k3"), [[math.exp(-r) - 1 + r for r in row] for row in log_ratio])
    close(losses.token_rewards(tensor(scores), tensor(log_ratio), torch.tensor(mask), 0.3), wanted)


def test_the_mean_of_both_estimates_is_the_divergence():
    torch.manual_seed(2)
    p, q = torch.randn(50).log_softmax(0).double(), torch.randn(50).log_softmax(0).double()
    true = float((p.exp() * (p - q)).sum())

    for kind in ("k1", "k3"):
        assert float((p.exp() * losses.kl(p, q, kind)).sum()) == pytest.approx(true, abs=1e-6)


def test_an_answer_without_end_loses_the_penalty():
    found = losses.missing_eos(tensor([1.0, 2.0]), torch.tensor([True, False]), 0.5)

    assert found.tolist() == [1.0, 1.5]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 0.95), (0.9, 0.8), (1.0, 1.0), (0.5, 0.0)])
def test_advantages_are_sums_of_discounted_surprises(seed, gamma, lam):
    _, mask, numbers = ragged(seed)
    rewards, values = numbers(), numbers()
    advantages, returns = [], []
    for row, line in enumerate(mask):
        places = [place for place, inside in enumerate(line) if inside]
        advantages.append([0.0] * len(line))
        returns.append([0.0] * len(line))
        for begin, place in enumerate(places):
            total = 0.0
            for far, later in enumerate(places[begin:]):
                after = values[row][later + 1] if later + 1 in places else 0.0
                total += (gamma * lam) ** far * (rewards[row][later] + gamma * after - values[row][later])
            advantages[row][place] = total
            returns[row][place] = total + values[row][place]

    found = losses.gae(tensor(rewards), tensor(values), torch.tensor(mask), gamma, lam)

    close(found[0], advantages)
    close(found[1], returns)


@pytest.mark.parametrize("seed", SEEDS)
def test_whitened_values_have_mean_0_and_variance_1_over_all_processes(seed):
    _, mask, numbers = ragged(seed, rows=6)
    values = tensor(numbers(3.0)) + 5
    inside = torch.tensor(mask)
    flat = [
        value
        for row, line in zip(values.tolist(), mask, strict=True)
        for value, keep in zip(row, line, strict=True)
        if keep
    ]
    mean = sum(flat) / len(flat)
    spread = math.sqrt(sum((value - mean) ** 2 for value in flat) / len(flat) + 1e-8)
    wanted = [
        [(value - mean) / spread if keep else 0.0 for value, keep in zip(row, line, strict=True)]
        for row, line in zip(values.tolist(), mask, strict=True)
    ]

    close(losses.whiten(values, inside), wanted)
    shards = [(values[:2], inside[:2]), (values[2:], inside[2:])]
    found = [losses.whiten(*shard, _both(shards)) for shard in shards]
    close(torch.cat(found), wanted)
    assert losses.whiten(values[:1], torch.zeros(1, 9)).tolist() == [[0.0] * 9]


def _both(shards):
    """Sums as two processes would: what the other contributes is worked out from its shard."""

    def parts(values, mask, mean=None):
        kept = torch.where(mask, values, 0.0)
        if mean is None:
            return torch.stack([mask.double().sum(), kept.sum()])
        return (torch.where(mask, values - mean, 0.0) ** 2).sum().unsqueeze(0)

    def reduce(sums):
        if len(sums) == 2:
            return sum(parts(*shard) for shard in shards)
        count, total = sum(parts(*shard) for shard in shards)
        return sum(parts(*shard, total / count) for shard in shards)

    return reduce


@pytest.mark.parametrize("seed", SEEDS)
def test_the_policys_loss_is_clipped_as_in_equation_7(seed):
    draw, mask, numbers = ragged(seed)
    new, old, advantages = numbers(0.4), numbers(0.4), numbers()
    total, clipped = 0.0, 0
    for row, line in enumerate(mask):
        for place, inside in enumerate(line):
            if inside:
                log_ratio, gain = math.exp(new[row][place] - old[row][place]), advantages[row][place]
                bound = min(max(log_ratio, 0.8), 1.2)
                total -= min(log_ratio * gain, bound * gain)
                clipped += bound * gain < log_ratio * gain
    given = torch.tensor(new, dtype=torch.float64, requires_grad=True)

    loss, share = losses.policy_loss(given, tensor(old), tensor(advantages), torch.tensor(mask), 0.2, 7.0)

    assert float(loss.detach()) == pytest.approx(total / 7)
    assert float(share) == pytest.approx(clipped / 7)
    loss.backward()
    row, place = draw.choice(
        [(row, place) for row, line in enumerate(mask) for place, inside in enumerate(line) if inside]
    )
    step = 1e-6
    ends = []
    for sign in (1, -1):
        moved = tensor(new)
        moved[row, place] += sign * step
        ends.append(float(losses.policy_loss(moved, tensor(old), tensor(advantages), torch.tensor(mask), 0.2, 7.0)[0]))
    assert float(given.grad[row, place]) == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-5)
    assert float(given.grad[~torch.tensor(mask)].abs().sum()) == 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("clip", [0.2, None])
def test_the_values_loss_is_held_near_the_old_values(seed, clip):
    _, mask, numbers = ragged(seed)
    values, old, returns = numbers(), numbers(), numbers()
    total, clipped = 0.0, 0
    for row, line in enumerate(mask):
        for place, inside in enumerate(line):
            if inside:
                value, was, wanted = values[row][place], old[row][place], returns[row][place]
                near = value if clip is None else was + min(max(value - was, -clip), clip)
                total += 0.5 * max((value - wanted) ** 2, (near - wanted) ** 2)
                clipped += (near - wanted) ** 2 > (value - wanted) ** 2
    rest = (tensor(old), tensor(returns), torch.tensor(mask), clip, 3.0)
    given = tensor(values).requires_grad_()

    loss, share = losses.value_loss(given, *rest)

    assert float(loss.detach()) == pytest.approx(total / 3)
    assert float(share) == pytest.approx(clipped / 3)
    assert torch.autograd.gradcheck(lambda moved: losses.value_loss(moved, *rest)[0], (given,))


def test_far_ratios_outside_the_answer_break_nothing():
    new, old = tensor([[0.0, 800.0]]).requires_grad_(), tensor([[0.0, -800.0]])

    loss, _ = losses.policy_loss(new, old, tensor([[1.0, 1.0]]), torch.tensor([[True, False]]), 0.2, 1.0)
    loss.backward()

    assert float(loss.detach()) == -1.0
    assert new.grad.tolist() == [[-1.0, 0.0]]


def test_numbers_outside_the_answer_do_not_reach_the_values_gradient():
    values, mask = tensor([[1.0, 2.0]]).requires_grad_(), torch.tensor([[True, False]])

    loss, _ = losses.value_loss(values, tensor([[1.0, math.nan]]), tensor([[0.0, math.nan]]), mask, 0.2, 1.0)
    loss.backward()

    assert values.grad.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("gain", [-3.0, 0.0, 3.0])
def test_ratios_of_e_to_the_20_stay_finite_in_32_bits(gain):
    new, old = torch.tensor([[20.0, -20.0, 0.0]]).requires_grad_(), torch.zeros(1, 3)

    loss, _ = losses.policy_loss(new, old, torch.full((1, 3), gain), torch.ones(1, 3), 0.2, 3.0)
    loss.backward()

    assert loss.isfinite()
    assert new.grad.isfinite().all()
    assert losses.kl(new, old, "k1").isfinite().all()
    assert losses.kl(new, old, "k3").isfinite().all()


def test_the_logits_of_no_chunk_are_kept_for_the_backward_pass():
    head, hidden, ids = torch.nn.Linear(4, 503), torch.randn(2, 10, 4, requires_grad=True), torch.randint(503, (2, 10))
    kept = []

    def keep(given):
        kept.append(tuple(given.shape))
        return given

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda given: given):
        losses.chunked_log_probs(hidden, head, ids, chunk=3)

    assert [shape for shape in kept if shape[-1:] == (503,) and len(shape) == 3] == []


def test_the_cost_of_divergence_follows_its_target():
    cost = losses.AdaptiveKL(0.1, 6.0, 1000)

    cost.update(60.0, 100)  # far above: by a fifth of the share of the horizon, no more
    assert cost.beta == pytest.approx(0.1 * (1 + 0.2 * 0.1))
    cost.update(5.4, 100)
    assert cost.beta == pytest.approx(0.1 * 1.02 * (1 - 0.1 * 0.1))
    before = cost.beta
    cost.update(-60.0, 100)  # far below: as bounded
    assert cost.beta == pytest.approx(before * (1 - 0.2 * 0.1))


@pytest.mark.parametrize("seed", SEEDS)
def test_explained_variance_is_the_share_that_was_foreseen(seed):
    _, mask, numbers = ragged(seed)
    values, returns = numbers(), numbers()
    pairs = [(values[r][p], returns[r][p]) for r, line in enumerate(mask) for p, inside in enumerate(line) if inside]

    def variance(numbers):
        mean = sum(numbers) / len(numbers)
        return sum((number - mean) ** 2 for number in numbers) / len(numbers)

    wanted = 1 - variance([b - a for a, b in pairs]) / variance([b for _, b in pairs])

    assert float(losses.explained_variance(tensor(values), tensor(returns), torch.tensor(mask))) == pytest.approx(
        wanted
    )
    assert float(losses.explained_variance(tensor(values), torch.ones(5, 9).double(), torch.tensor(mask))) == 0.0


def test_returns_that_differ_by_rounding_alone_leave_nothing_to_explain():
    torch.manual_seed(3)
    values, mask = torch.randn(4, 9), torch.ones(4, 9)
    rewards = losses.token_rewards(torch.full((4,), 0.7), torch.zeros(4, 9), mask, 0.1)
    _, returns = losses.gae(rewards, values, mask, 1.0, 1.0)

    assert returns.double().var() > 0
    assert float(losses.explained_variance(values, returns, mask)) == 0.0
    assert float(losses.explained_variance(values.double(), torch.full((4, 9), 0.1).double() / 3, mask)) == 0.0
