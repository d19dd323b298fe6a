"""What no file of the repository may contain: global randomness, code from data, machine paths, registry hosts, length.

One file of tests, because the worker of each further one would parse the whole repository again.
"""

from __future__ import annotations

import re

import pytest
from tests.support.sources import read_source

MOST_LINES_OF_A_FILE = 500
MOST_LINES_OF_A_FUNCTION = 70

# One module draws random numbers; everything else asks it (docs/decisions/006-randomness.md).
RANDOM_HOME = "src/unfog/util/random.py"
GLOBAL_RANDOM = re.compile(
    r"^(torch\.(manual_seed|seed|random\b|rand|randn|randint|randperm|bernoulli|multinomial|normal|poisson"
    r"|(rand|randn|randint)_like|cuda\.manual_seed\w*)$|torch\.random\.|(np|numpy)\.random\b|random\."
    r"|(nn|torch\.nn)\.(Alpha)?(Feature)?Dropout\w*$|(F|functional)\.\w*dropout\w*$)"
)
IN_PLACE_RANDOM = {
    "normal_",
    "uniform_",
    "random_",
    "bernoulli_",
    "exponential_",
    "geometric_",
    "log_normal_",
    "cauchy_",
}

# What runs code found in data, or reads a format that can.
DANGEROUS = re.compile(
    r"^(eval|exec|compile|__import__|torch\.(load|save|jit\.load|hub\.\w+)|(pickle|cPickle|dill|shelve|marshal|joblib)\.\w+"
    r"|numpy\.load|np\.load|yaml\.(load|unsafe_load|full_load)|os\.(system|popen)|\w*\.?extractall)$"
)
DANGEROUS_MODULES = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib", "random"}

# Written in pieces, so that this file does not contain them.
MACHINE_PATHS = re.compile(
    r"(?<![\w.:/*}>-])/(" + "|".join(["wo" + "rk", "ro" + "ot", "tm" + "p", "ho" + "me"]) + r")/"
)
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(head + tail)
        for head, tail in [
            ("pypi", ".org"),
            ("pythonhosted", ".org"),
            ("registry.", "npmjs.org"),
            ("registry.", "yarnpkg.com"),
            ("download.", "pytorch.org"),
            ("anaconda", ".org"),
            ("--index", "-url"),
            ("--extra", "-index-url"),
        ]
    )
)
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".cfg",
    ".ini",
    ".json",
    ".jsonl",
    ".yml",
    ".yaml",
    ".sh",
    ".ts",
    ".svelte",
    ".css",
}


def is_global_random(name: str, keywords: set[str | None]) -> bool:
    return "generator" not in keywords and (
        GLOBAL_RANDOM.match(name) is not None or name.rpartition(".")[2] in IN_PLACE_RANDOM
    )


def test_no_global_randomness(modules):
    found = [
        f"{name}:{line} {called}"
        for name, source in modules.items()
        if name != RANDOM_HOME
        for line, called, keywords in source.calls
        if is_global_random(called, keywords)
    ]
    assert found == []


def test_no_code_from_data(modules):
    found = [
        f"{name}:{line} {called}"
        for name, source in modules.items()
        if not name.startswith("tests/attacks/")
        for line, called, _ in source.calls
        if DANGEROUS.match(called) and called != "re.compile"
    ]
    assert found == []


def test_no_dangerous_imports(modules):
    found = [
        f"{name}: {module}"
        for name, source in modules.items()
        if not name.startswith("tests/attacks/")
        for module in source.imports
        if module.partition(".")[0] in DANGEROUS_MODULES
    ]
    assert found == []


@pytest.mark.parametrize("package", ["tests", "tools", "benchmarks"])
def test_the_package_imports_nothing_outside_it(modules, package):
    names = {
        f"{name}: {module}"
        for name, source in modules.items()
        if name.startswith("src/")
        for module in source.imports
        if module.partition(".")[0] == package
    }
    assert names == set()


def test_files_are_short(modules):
    assert {name: source.lines for name, source in modules.items() if source.lines > MOST_LINES_OF_A_FILE} == {}


def test_functions_are_short(modules):
    long = {
        f"{name}:{function.line} {function.name}": function.length
        for name, source in modules.items()
        for function in source.functions
        if function.length > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize(("pattern", "what"), [(MACHINE_PATHS, "path"), (REGISTRY_HOSTS, "host")])
def test_no_trace_of_a_machine(repo, tracked, pattern, what):
    plain = [path for path in tracked if path.suffix in TEXT or path.suffix == ""]
    assert len(plain) > 20
    found = [
        f"{path.relative_to(repo)}:{number} {what} {match[0]}"
        for path in plain
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := pattern.search(line))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("torch.manual_seed(0)", True),
        ("torch.randn(3)", True),
        ("torch.randn(3, generator=g)", False),
        ("np.random.default_rng(0)", True),
        ("random.choice(x)", True),
        ("unfog.util.random.normal(s)", False),
        ("nn.Dropout(0.1)", True),
        ("nn.init.normal_(w)", True),
        ("w.normal_(generator=g)", False),
        ("torch.tensor(3)", False),
    ],
)
def test_the_check_of_randomness_works(code, bad):
    ((_, name, keywords),) = read_source(code).calls
    assert is_global_random(name, keywords) is bad


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("eval(x)", True),
        ("torch.load(p)", True),
        ("model.eval()", False),
        ("pickle.loads(b)", True),
        ("z.extractall()", True),
    ],
)
def test_the_check_of_dangerous_calls_works(code, bad):
    ((_, name, _),) = read_source(code).calls
    assert (DANGEROUS.match(name) is not None) is bad


def test_the_check_of_paths_works():
    work = "/" + "work"
    assert MACHINE_PATHS.search(f'open("{work}/main")')
    assert MACHINE_PATHS.search(f"cd {work}/main")
    assert not MACHINE_PATHS.search(f"https://example.com{work}/x")
    assert not MACHINE_PATHS.search(f"see ./a{work}/x")
