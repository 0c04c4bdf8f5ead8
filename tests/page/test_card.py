"""The model card as a page: the forms of Markdown that cards use, and nothing that a card could smuggle in."""

from __future__ import annotations

import pytest

from brushwork.forensics.bundle import load_bundle
from brushwork.picture import Limits
from brushwork.service.page import Shell, card_page
from brushwork.service.page.markdown import to_html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# A `b`", "<h1>A <code>b</code></h1>"),
        ("one\ntwo **bold** and *not*", "<p>one two <strong>bold</strong> and <em>not</em></p>"),
        ("- a\n- b\n  and more", '<ul class="notes"><li>a</li><li>b and more</li></ul>'),
        ("<details><summary>S</summary>", "<details><summary>S</summary>"),
        ("</details>", "</details>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<details><summary><img src=x></summary>", "<details><summary>&lt;img src=x&gt;</summary>"),
        ("# <b>", "<h1>&lt;b&gt;</h1>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("2 * 3", "<p>2 * 3</p>"),
    ],
)
def test_each_form(text: str, shown: str) -> None:
    assert str(to_html(text)) == shown


def test_a_table_has_a_head_and_rows_and_scrolls_alone() -> None:
    shown = str(to_html("| a | b |\n|---|---|\n| 1 | <i> |\n| 2 | `c` |"))
    assert '<thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>' in shown
    assert "<tbody><tr><td>1</td><td>&lt;i&gt;</td></tr><tr><td>2</td><td><code>c</code></td></tr></tbody>" in shown
    assert 'tabindex="0"' in shown


def test_the_shipped_card_leaves_no_markup_behind() -> None:
    bundle = load_bundle()
    page = card_page(Shell(Limits(), bundle.recipe.name), bundle)
    for raw in ("|---", "\n## ", "\n- ", "**", "&lt;details", "&lt;/details"):
        assert raw not in page
    assert page.count("<details>") == page.count("</details>")
    assert page.count("<table>") == bundle.card.count("|---|\n")
