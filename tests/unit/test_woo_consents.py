"""What a site keeps of a ticked box, as a consent: words of PHP are no truth values, and nobody's answer is neither yes nor no."""

from __future__ import annotations

import pytest

from mappings.codec import BadValue
from mappings.woocommerce.codecs import Consents


def read(value, **more):
    return Consents().decode([{"purpose": "marketing", "channel": "sms", "value": value} | more], None)[0]["value"]


@pytest.mark.parametrize("value", [True, 1, "1", "true", "Yes", "on", " да "])
def test_a_yes(value):
    assert read(value) is True


@pytest.mark.parametrize("value", [False, 0, "0", "false", "No", "off", "нет"])
def test_a_no(value):
    assert read(value) is False


@pytest.mark.parametrize("value, more", [(None, {}), ("", {}), (" ", {}), (True, {"default": True}), ("no", {"default": True})])
def test_nobody_answered(value, more):
    assert read(value, **more) is None


@pytest.mark.parametrize("value", ["maybe", 2, [], {}])
def test_what_is_neither_is_set_aside_and_never_taken_for_a_yes(value):
    with pytest.raises(BadValue):
        read(value)
