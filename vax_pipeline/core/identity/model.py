"""The trained model as kept in the repository: parameters, thresholds, and where they come from.

Reading it checks that it is complete, since Splink only warns about levels without values and then
scores with defaults.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from vax_pipeline.core.identity.settings import comparison_names, level_names

Parameters = Mapping[str, Mapping[str, tuple[float, float]]]


class UntrainedModelError(RuntimeError):
    """The model file lacks a parameter that the settings ask for."""


@dataclass(frozen=True)
class Thresholds:
    """When a candidate is believed.

    Attributes:
        link: probability from which the best candidate is linked, if nothing speaks against it.
        margin: bits between the best candidate and the next; twins and namesakes score alike.
        review: probability from which it is shown to a person.
        origin: what they were chosen on, in a sentence.
    """

    link: float
    margin: float
    review: float
    origin: str


@dataclass(frozen=True)
class Model:
    """Parameters of the linking model.

    Attributes:
        version: named in every link that the model decides.
        recipe: the command and data it was trained with, and when.
        share_in_registry: how many of the undecided mentions have their citizen in the registry.
        thresholds: see there.
        parameters: comparison -> level -> (m, u): how often a level is met among true pairs, and
            among pairs of two people.
        measured: figures of the training run, on people it was not trained on.
    """

    version: str
    recipe: Mapping[str, Any]
    share_in_registry: float
    thresholds: Thresholds
    parameters: Parameters
    measured: Mapping[str, Any]

    def prior(self, registry_size: int) -> float:
        """Probability that a random undecided mention and a random citizen are one person."""
        return min(0.5, self.share_in_registry / registry_size)


def registry_size(citizens: int) -> int:
    """The size the model reckons with: the next power of two.

    A registry grows by births and moves every day; a link decided yesterday must not move with it.
    """
    return 1 << max(citizens - 1, 1).bit_length()


def read_model(path: Path) -> Model:
    """The model of a file.

    Raises:
        UntrainedModelError: a comparison level of the settings has no m or u in the file.
    """
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found = cast(dict[str, dict[str, list[float]]], content["parameters"])
    parameters: dict[str, dict[str, tuple[float, float]]] = {}
    for comparison in comparison_names():
        parameters[comparison] = {}
        for level in level_names(comparison):
            values = found.get(comparison, {}).get(level, [])
            if len(values) != 2 or not all(0.0 < value <= 1.0 for value in values):
                raise UntrainedModelError(
                    f"{path.name} has no trained values for level {level!r} of {comparison!r}: "
                    "run the training recipe (core.identity.training)"
                )
            parameters[comparison][level] = (values[0], values[1])
    return Model(
        version=content["version"],
        recipe=content["recipe"],
        share_in_registry=content["share_in_registry"],
        thresholds=Thresholds(**content["thresholds"]),
        parameters=parameters,
        measured=content["measured"],
    )


def write_model(model: Model, path: Path) -> None:
    """Write the model, stable in order, so that a retraining shows as a readable difference."""
    content = {
        "version": model.version,
        "recipe": dict(model.recipe),
        "share_in_registry": round(model.share_in_registry, 4),
        "thresholds": asdict(model.thresholds),
        "measured": dict(model.measured),
        "parameters": {
            comparison: {
                level: [float(f"{value:.4g}") for value in values]
                for level, values in levels.items()
            }
            for comparison, levels in model.parameters.items()
        },
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
