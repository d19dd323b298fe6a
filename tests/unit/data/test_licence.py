"""A licence is recognised from what people write, and only known permissions count."""

from __future__ import annotations

import pytest

from unfog.data.licence import all_free, free, identify


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("This Font Software is licensed under the SIL Open Font License, Version 1.1.", "OFL-1.1"),
        ("https://scripts.sil.org/OFL", "OFL-1.1"),
        ("Licensed under the Apache License, Version 2.0", "Apache-2.0"),
        ("http://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
        ("MIT License\n\nCopyright 2001", "MIT"),
        ("MIT", "MIT"),
        ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
        ("CC BY-SA 3.0", "CC-BY-SA-3.0"),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 2.0 Generic", "CC-BY-NC-SA-2.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/", "CC-BY-NC-ND-3.0"),
        ("https://creativecommons.org/licenses/by/2.0/", "CC-BY-2.0"),
        ("CC BY-ND", "CC-BY-ND"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("CC0", "CC0-1.0"),
        ("dedicated to the public domain", "public domain"),
        ("GNU LESSER GENERAL PUBLIC LICENSE Version 3", "LGPL"),
        ("Microsoft supplied font. You may use this font to create, display, and print content", "proprietary"),
        ("Copyright 2001 A Foundry. All rights reserved.", "proprietary"),
        ("Copyright 2001 Nobody", None),
        ("ask me", None),
        ("", None),
    ],
)
def test_what_people_write(text: str, name: str | None) -> None:
    assert identify(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        # As the full text of CC BY-NC does: its last paragraph places the text itself under CC0.
        (
            "Creative Commons Attribution-NonCommercial 4.0 [...] This text is in the public domain under CC0.",
            "CC-BY-NC-4.0",
        ),
        ("GNU GENERAL PUBLIC LICENSE [...] consider the GNU Lesser General Public License instead", "GPL"),
        ("END-USER LICENSE AGREEMENT [...] contains parts under the MIT License", "proprietary"),
        ("Copyright 2001. All rights reserved. Licensed under the Apache License", "Apache-2.0"),
    ],
)
def test_the_licence_named_first_counts(text: str, name: str) -> None:
    assert identify(text) == name


@pytest.mark.parametrize(
    "name",
    [
        "CC0-1.0",
        "cc0",
        "CC-BY-4.0",
        "CC BY 4.0",
        "CC-BY-SA-3.0",
        "MIT",
        "Apache 2.0",
        "OFL-1.1",
        "public domain",
        "GPL-3.0-or-later",
        "CC-BY-SA-3.0 OR GPL-3.0",
    ],
)
def test_what_may_be_passed_on(name: str) -> None:
    assert free(name)


@pytest.mark.parametrize(
    "name",
    ["unknown", "proprietary", "", "CC-BY-NC-4.0", "CC BY NC 4.0", "CC-BY-ND-4.0", "MIT and CC-BY-NC-4.0", "mitten"],
)
def test_what_may_not(name: str) -> None:
    assert not free(name)


def test_one_doubt_is_enough() -> None:
    assert all_free(["MIT", "CC0-1.0"])
    assert not all_free(["MIT", "unknown"])
