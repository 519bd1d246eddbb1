"""A fault script: what befalls the devices of a bench and when, for demonstrations and tests.

YAML, one line a blow, times in seconds after the bench is ready:

    - {at_s: 5, device: receipt_printer, do: out_of_paper}
    - {at_s: 9.5, device: id_card_reader, do: disturb, with: {fault: noisy}}
    - {at_s: 20, device: id_card_reader, do: disturb, with: {fault: none}}
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

import yaml

from device_drivers.bench.refusal import Refused

Act: TypeAlias = Callable[[str, str, Mapping[str, object]], Awaitable[None]]
"""Does one thing at one device, as `Desk.act`. Raises Refused."""
Tell: TypeAlias = Callable[[Mapping[str, object]], object]
"""Hears what was done, as an object for one line of JSON."""

_KEYS = frozenset({"at_s", "device", "do", "with"})
LONGEST_S = 86_400.0
"""A day: a script is a rehearsal, not a calendar."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One thing that is done at one moment."""

    at_s: float
    device: str
    action: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class FaultScript:
    """Blows in the order of their times."""

    blows: tuple[Blow, ...]

    @classmethod
    def load(cls, path: Path, actions: Mapping[str, frozenset[str]]) -> Self:
        """Read a script for devices that can do `actions`.

        Raises OSError where the file cannot be read, ValueError, naming the blow, where it makes
        no sense.
        """
        try:
            lines = yaml.safe_load(path.read_text("utf-8"))
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: not a text file in UTF-8") from error
        except yaml.MarkedYAMLError as error:
            line = "" if error.problem_mark is None else f", line {error.problem_mark.line + 1}"
            raise ValueError(f"{path}{line}: no YAML: {error.problem}") from error
        except yaml.YAMLError as error:  # a character that no YAML may hold; it has no line
            raise ValueError(f"{path}: no YAML: {' '.join(str(error).split())}") from error
        listed = lines if isinstance(lines, list) else None
        if listed is None:
            raise ValueError(f"{path}: a script is a list of blows")
        blows = [_blow(line, f"{path}, blow {at}", actions) for at, line in enumerate(listed, 1)]
        return cls(tuple(sorted(blows, key=lambda blow: blow.at_s)))

    async def run(self, act: Act, tell: Tell) -> None:
        """Do every blow at its time, from now on; one that is refused is told and passed over."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for blow in self.blows:
            await asyncio.sleep(max(0.0, begun + blow.at_s - loop.time()))
            done: dict[str, object] = {
                "at_s": blow.at_s,
                "device": blow.device,
                "do": blow.action,
                **({"with": dict(blow.body)} if blow.body else {}),
            }
            try:
                await act(blow.device, blow.action, blow.body)
            except Refused as refusal:
                tell({**done, "refused": refusal.code})
            else:
                tell({**done, "refused": None})


def _blow(line: object, where: str, actions: Mapping[str, frozenset[str]]) -> Blow:
    if (
        not isinstance(line, dict)
        or not set(line) <= _KEYS
        or not {"at_s", "device", "do"} <= set(line)
    ):
        raise ValueError(f"{where}: needs at_s, device and do, may have with, and nothing else")
    at_s, device, action, body = line["at_s"], line["device"], line["do"], line.get("with", {})
    if isinstance(at_s, bool) or not isinstance(at_s, int | float) or not 0 <= at_s <= LONGEST_S:
        raise ValueError(f"{where}: at_s is a number of seconds from 0 to a day")
    if device not in actions:
        raise ValueError(f"{where}: no device {device!r}; there are {', '.join(sorted(actions))}")
    if action not in actions[device]:
        known = ", ".join(sorted(actions[device]))
        raise ValueError(f"{where}: {device} cannot {action!r}; it can {known}")
    if not isinstance(body, dict) or not all(isinstance(key, str) for key in body):
        raise ValueError(f"{where}: with is an object")
    return Blow(float(at_s), device, action, body)
