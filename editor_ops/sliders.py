# SPDX-License-Identifier: GPL-3.0-or-later
"""The one slider table: everything that knows a slider knows it from here.

A row says which property of which GIMP operation a slider sets, where a person finds that tool, and
on which values the agent may put it. The chain's order is the order of the rows; rows that follow each
other and set the same operation make one filter.
"""

from __future__ import annotations

import builtins
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .scalars import choose, clip, exp, log

LEVELS = 33
"""Levels a slider has. Odd, so that the middle one is exactly neutral; 33 is the paper's number (section 4.1)."""
NEUTRAL_LEVEL = LEVELS // 2

Scale = Literal["linear", "logarithmic", "mired", "perceptual", "mid-grey"]
Blend = tuple[str, str]
"""Operation and blend mode of a filter whose opacity a slider sets; GIMP's name of the mode, in small letters."""
SCREEN: Blend = ("gegl:rgb-clip", "screen")
MULTIPLY: Blend = ("gegl:rgb-clip", "multiply")
S_CURVE: Blend = ("gegl:rgb-clip", "softlight")
INVERSE_S_CURVE: Blend = ("gegl:invert-gamma", "softlight")


def _encoded(linear: Any) -> Any:
    """Linear light to the sRGB curve, -x for -linear."""
    size = abs(linear)
    encoded = choose(size <= 0.0031308, 12.92 * size, 1.055 * size ** (1 / 2.4) - 0.055)
    return choose(linear < 0, -encoded, encoded)


def _decoded(encoded: Any) -> Any:
    """The sRGB curve to linear light, -x for -encoded."""
    size = abs(encoded)
    linear = choose(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return choose(encoded < 0, -linear, linear)


RADII = (0.1, 1500.0)
"""Pixels: the least and the largest radius that GIMP takes; the largest is reached at 50,000 pixels."""
# Mid-grey, 0.5 of the sRGB curve, in linear light: as it is, in mode Screen with itself, in mode Multiply with itself.
GREY, SCREENED, MULTIPLIED = _decoded(0.5), _decoded(0.75), _decoded(0.5) * _decoded(0.5)


@dataclass(frozen=True)
class Slider:
    """One row.

    lowest, neutral, highest: in the property's own unit. A slider that GIMP only lets go one way has
        lowest == neutral, and then the lower half of its levels is neutral too.
    scale: what the levels are evenly spaced on. Gains are spaced on their logarithm, so that one level
        down undoes one level up; temperature is spaced in mired (10^6 / kelvin), where equal steps look
        equally large; an offset in linear light is spaced on the sRGB curve ("perceptual"), where equal steps of a
        black look equally large; mid-tones are spaced on what becomes of mid-grey.
    property_range: what GIMP accepts for the property; a value scaled by a strength above 1 stops there.
    radius_property, radius_share: a spatial tool's radius in pixels is this share of the picture's long side.
    colour: the slider changes colours only, so it has no place on a grey picture.
    text: how a value is shown to a person, as a format string.
    down, up: of a slider that sets a filter's opacity, the filter below and above neutral; `operation` is the one
        above, and the value is the opacity, below neutral with a minus.
    """

    name: str
    label: str
    operation: str
    property: str
    menu: str
    unit: str
    lowest: float
    neutral: float
    highest: float
    scale: Scale
    property_range: tuple[float, float]
    text: str
    radius_property: str | None = None
    radius_share: float | None = None
    colour: bool = False
    down: Blend | None = None
    up: Blend | None = None

    @builtins.property  # the name is a field's here
    def one_sided(self) -> bool:
        """Whether GIMP lets it go up only: its lower levels are neutral too."""
        return self.lowest == self.neutral

    def _to_scale(self, value: Any) -> Any:
        if self.scale == "logarithmic":
            return log(value)
        if self.scale == "mired":
            return 1e6 / value
        if self.scale == "perceptual":
            return _encoded(value)
        if self.scale == "mid-grey":
            return _encoded(GREY + abs(value) * (choose(value > 0, SCREENED, MULTIPLIED) - GREY)) - _encoded(GREY)
        return value

    def _from_scale(self, position: Any) -> Any:
        if self.scale == "logarithmic":
            return exp(position)
        if self.scale == "mired":
            return 1e6 / position
        if self.scale == "perceptual":
            return _decoded(position)
        if self.scale == "mid-grey":
            # Strengths above 1 may ask for more than there is; `scaled` stops at the property's range.
            size = abs(
                (_decoded(_encoded(GREY) + position) - GREY) / (choose(position > 0, SCREENED, MULTIPLIED) - GREY)
            )
            return choose(position < 0, -size, size)
        return position

    def values(self) -> tuple[float, ...]:
        """The values of the 33 levels, from lowest to highest; index 16 is exactly neutral."""
        low, middle, high = (self._to_scale(v) for v in (self.lowest, self.neutral, self.highest))
        lower = [self._from_scale(middle + (low - middle) * k / NEUTRAL_LEVEL) for k in range(NEUTRAL_LEVEL, 0, -1)]
        upper = [self._from_scale(middle + (high - middle) * k / NEUTRAL_LEVEL) for k in range(1, NEUTRAL_LEVEL + 1)]
        if self.one_sided:
            lower = [self.neutral] * NEUTRAL_LEVEL
        return (*lower, self.neutral, *upper)

    def scaled(self, value: Any, strength: Any) -> Any:
        """`value` moved `strength` times as far from neutral, on the slider's own scale. Both numbers, or both arrays.

        strength 0 gives neutral, 1 gives `value`, 2 doubles it; the result stays within `property_range`.
        """
        neutral = self._to_scale(self.neutral)
        position = neutral + strength * (self._to_scale(value) - neutral)
        if self.scale == "mired":  # far enough below zero mired lies no temperature: stop at the hottest
            position = clip(position, 1e6 / self.property_range[1], 1e6 / self.property_range[0])
        scaled = choose((value == self.neutral) | (strength == 0.0), self.neutral, self._from_scale(position))
        return clip(choose(strength == 1.0, value, scaled), *self.property_range)

    def radius(self, long_side: Any) -> Any:
        """A spatial tool's radius in pixels. long_side: the picture's, a number or an array of pixels.

        ValueError where the slider's operation has no radius.
        """
        if self.radius_share is None:
            raise ValueError(f"{self.name} has no radius")
        return clip(self.radius_share * long_side, *RADII)

    def format(self, value: float) -> str:
        """`value` as a person reads it, e.g. "+0.40 stops"."""
        return self.text.format(value)


# Ranges: wide enough for what real photos need, narrow enough that no level alone ruins one, and that no level moves a
# typical photo by more than 3 CIEDE2000 on the mean.
# - mid-tones, contrast: the whole opacity. They stand first, since they clip to [0, 1]: on the layer's own values,
#   which lie there in every picture of integers, that changes nothing.
# - exposure: 2 stops each way cover what a straight camera picture misses; more is a failed picture.
# - black level: at the upper end 0.25 of the sRGB curve, 64 of 255, becomes black, as in dense haze; as far the other
#   way, so that one level down undoes one level up.
# - temperature, tint: 12000 K is the most that GIMP takes, 71 mired from neutral, and as far the other way; a third of
#   the green. Such casts are plain to see, and weaker ones can't be told from the colours of a scene.
# - shadows, highlights: at 50 GIMP's overlay is applied exactly once in full (shadows-highlights-correction.c
#   repeats it above), which is also where darktable's tool of the same make starts.
# - saturation: from nearly grey to poster-like.
# - clarity: the unsharp mask can't take away, so it has an upper half only; above 0.3 it leaves dark
#   rings around lights.
# Radii: 3% of the long side is 1.9 pixels on the 64-pixel thumbnail, the least that GEGL's recursive blur
# renders well, and 180 pixels on a 24-megapixel photo.
SLIDERS: tuple[Slider, ...] = (
    Slider("mid_tones", "Mid-tones", "gegl:rgb-clip", "opacity", "Layer Effects list only",
           "opacity", -1.0, 0.0, 1.0, "mid-grey", (-1.0, 1.0), "{:+.0%}", down=MULTIPLY, up=SCREEN),
    Slider("contrast", "Contrast", "gegl:rgb-clip", "opacity", "Layer Effects list only",
           "opacity", -1.0, 0.0, 1.0, "linear", (-1.0, 1.0), "{:+.0%}", down=INVERSE_S_CURVE, up=S_CURVE),
    Slider("exposure", "Exposure", "gegl:exposure", "exposure", "Colors > Exposure",
           "stops", -2.0, 0.0, 2.0, "linear", (-10.0, 10.0), "{:+.2f} stops"),
    Slider("black_level", "Black level", "gegl:exposure", "black-level", "Colors > Exposure",
           "linear light", -_decoded(0.25), 0.0, _decoded(0.25), "perceptual", (-0.1, 0.1), "{:+.4f}"),
    Slider("temperature", "Temperature", "gegl:color-temperature", "intended-temperature",
           "Colors > Color Temperature", "kelvin", 1e6 / (2e6 / 6500 - 1e6 / 12000), 6500.0, 12000.0,
           "mired", (1000.0, 12000.0), "{:.0f} K", colour=True),
    Slider("tint", "Tint", "gegl:channel-mixer", "gg-gain", "Colors > Components > Channel Mixer",
           "gain of green", 0.7, 1.0, 1 / 0.7, "logarithmic", (0.1, 2.0), "{:.3f} green", colour=True),
    Slider("shadows", "Shadows", "gegl:shadows-highlights", "shadows", "Colors > Shadows-Highlights",
           "percent", -50.0, 0.0, 50.0, "linear", (-100.0, 100.0), "{:+.1f}",
           radius_property="radius", radius_share=0.03),
    Slider("highlights", "Highlights", "gegl:shadows-highlights", "highlights", "Colors > Shadows-Highlights",
           "percent", -50.0, 0.0, 50.0, "linear", (-100.0, 100.0), "{:+.1f}",
           radius_property="radius", radius_share=0.03),
    Slider("saturation", "Saturation", "gegl:saturation", "scale", "Colors > Saturation",
           "gain", 0.4, 1.0, 1.6, "linear", (0.0, 10.0), "{:.3f}", colour=True),
    Slider("clarity", "Clarity", "gegl:unsharp-mask", "scale", "Filters > Enhance > Sharpen (Unsharp Mask)",
           "amount", 0.0, 0.0, 0.3, "linear", (0.0, 300.0), "{:.3f}",
           radius_property="std-dev", radius_share=0.03),
)  # fmt: skip

NAMES: tuple[str, ...] = tuple(slider.name for slider in SLIDERS)


def table(sliders: tuple[Slider, ...] = SLIDERS) -> list[dict[str, Any]]:
    """The rows as plain values, for JSON: every field and the values of the levels."""
    return [json.loads(json.dumps(asdict(s))) | {"levels": list(s.values())} for s in sliders]
