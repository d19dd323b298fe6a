"""Which class a picture belongs to."""

from __future__ import annotations

import pytest

from unfog.data.classes import class_names, class_of, rule_of
from unfog.data.scan import Found
from unfog.util.errors import DataError


def found(path: str, caption: str = "a cat", **columns: object) -> Found:
    return Found(path, (caption,), None, None, None, None, columns)


def test_a_column_a_folder_or_the_caption():
    inside, top = [found("train/big_cats/1.png"), found("dogs/2.png")], [found("1.png"), found("dogs/2.png")]
    assert rule_of(inside, None) == "folder"
    assert [class_of(picture, "folder", None) for picture in inside] == ["big cats", "dogs"]
    assert rule_of(top, None) == "caption"
    assert class_of(top[0], "caption", None) == "a cat"
    assert rule_of(inside, "kind") == "column"
    assert class_of(found("1.png", kind=7), "column", "kind") == "7"


def test_pictures_without_a_class():
    with pytest.raises(DataError, match=r"1\.png has no entry in the column 'kind'"):
        class_of(found("1.png"), "column", "kind")
    with pytest.raises(DataError, match=r"1\.png lies in no subfolder"):
        class_of(found("1.png"), "folder", None)


def test_classes_that_nothing_can_be_learned_of():
    assert class_names(["b", "a", "a", "b"], "folder") == ("a", "b")
    with pytest.raises(DataError, match="only one, 'a'; put the pictures into a subfolder per class"):
        class_names(["a", "a"], "folder")
    with pytest.raises(DataError, match="by the caption there are 2, of which 'b' has one picture"):
        class_names(["a", "b", "a"], "caption")
