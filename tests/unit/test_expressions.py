"""Compiled JMESPath answers like the library's interpreter."""

from __future__ import annotations

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.expressions import Expression, ExpressionError, _plain

names = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "x", "a b", 0.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
leaves = names | st.sampled_from(["`0`", "`1`", "`true`", "`null`", "''", "'x'", "@", "a[0]", "b[-1]", "a.b", "c.a[1]"])
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "!=", "<", ">="]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda e: f"!({e})"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}]"),
        st.tuples(inner, inner).map(lambda t: f"not_null({t[0]}, {t[1]})"),
        inner.map(lambda e: f"join(' ', [{e}, 'x'])"),
        inner.map(lambda e: f"length({e})"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]} | {t[1]})"),
        st.tuples(names, inner).map(lambda t: f"{t[0]}.[{t[1]}]"),
        inner.map(lambda e: f"[{e}][?@ == 'x']"),
    ),
    max_leaves=5,
)


def interpreted(text, data):
    try:
        return jmespath.search(text, data)
    except (jmespath.exceptions.JMESPathError, TypeError):
        return None


@settings(max_examples=300, deadline=None)
@given(expressions, values)
def test_the_same_answer_as_the_interpreter(text, data):
    assert repr(Expression(text).search(data)) == repr(interpreted(text, data)), text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("companyType == 'individual'", True),
        ("source && created", True),
        ("join(' ', not_null(last, '') && [last, first] || [first])", True),
        ("'retail'", True),
        ("lines[?sku].sku", False),
        ("lines[*].sum | sum(@)", False),
    ],
)
def test_what_becomes_python(text, plain):
    assert (_plain(jmespath.compile(text).parsed) is not None) is plain


@pytest.mark.parametrize(("text", "part"), [("a ==", "Invalid jmespath"), ("a[", "Invalid"), ("nosuch(a)", "Unknown function")])
def test_what_is_no_expression(text, part):
    with pytest.raises(ExpressionError, match=part):
        Expression(text)
