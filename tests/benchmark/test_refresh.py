import pytest

from benchmarks.refresh import PAGE, refreshed

TEXT = "# A\n<!-- pairs -->\nold\n<!-- /pairs -->\nB\n"


def test_only_what_is_between_the_marks_is_replaced():
    once = refreshed(TEXT, "pairs", "| new |\n\n")
    assert once == "# A\n<!-- pairs -->\n\n| new |\n\n<!-- /pairs -->\nB\n"
    assert refreshed(once, "pairs", "| new |") == once


def test_a_page_without_the_place_is_refused():
    with pytest.raises(ValueError, match="no place called performers"):
        refreshed(TEXT, "performers", "")


def test_the_page_has_both_places():
    page = PAGE.read_text("utf-8")
    for place in ("performers", "pairs"):
        assert "| new |" in refreshed(page, place, "| new |")
