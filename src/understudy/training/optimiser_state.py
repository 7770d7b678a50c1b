"""What an optimiser remembers, as named tensors and JSON values, and back into an optimiser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

_OURS = {"lr", "eps"}
"""Options of a group that follow from the settings of a run: its rate, its batch."""


@dataclass(frozen=True)
class OptimiserState:
    """What an optimiser remembers.

    name     of the optimiser, as the settings call it
    tensors  by "number of the parameter/what it is"
    facts    likewise for what is not a tensor: numbers, truth values, texts
    groups   the options of each parameter group, without its parameters
    """

    name: str
    tensors: Mapping[str, Tensor] = field(repr=False)
    facts: Mapping[str, Any]
    groups: list[dict[str, Any]]


def remembered(name: str, optimiser: Optimizer) -> OptimiserState:
    """What `optimiser` remembers; the tensors are its own."""
    state = optimiser.state_dict()
    tensors: dict[str, Tensor] = {}
    facts: dict[str, Any] = {}
    for number, entries in state["state"].items():
        for what, value in entries.items():
            (tensors if isinstance(value, Tensor) else facts)[f"{number}/{what}"] = value
    groups = [
        {option: value for option, value in group.items() if option != "params"}
        for group in state["param_groups"]
    ]
    return OptimiserState(name, tensors, facts, groups)


def recall(optimiser: Optimizer, state: OptimiserState) -> None:
    """Make `optimiser` remember `state`, on the device and in the memory layout of its parameters.

    The options of its groups become those of `state` too, but for those that the settings of this run say.
    Raises ValueError where the state belongs to other parameters.
    """
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    entries: dict[int, dict[str, Any]] = {}
    for name, value in (*state.tensors.items(), *state.facts.items()):
        number, _, what = name.partition("/")
        if not number.isdecimal() or int(number) >= len(parameters):
            raise ValueError(f"the optimiser has no parameter {number!r}")
        entries.setdefault(int(number), {})[what] = value
    own = optimiser.state_dict()["param_groups"]
    if len(own) != len(state.groups):
        raise ValueError(f"the optimiser has {len(own)} groups of parameters, not {len(state.groups)}")
    groups = [
        {
            **group,
            **{key: _frozen(value) for key, value in saved.items() if key in group and key not in _OURS},
        }
        for group, saved in zip(own, state.groups, strict=True)
    ]
    optimiser.load_state_dict({"state": entries, "param_groups": groups})
    for parameter in parameters:
        for what, value in optimiser.state[parameter].items():
            if isinstance(value, Tensor) and value.shape == parameter.shape and value.dim() > 1:
                laid_out = torch.empty_like(parameter, dtype=value.dtype)
                optimiser.state[parameter][what] = laid_out.copy_(value)


def _frozen(value: Any) -> Any:
    """JSON has no tuples; the options of optimisers have no lists."""
    return tuple(value) if isinstance(value, list) else value
