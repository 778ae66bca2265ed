"""What a page says in English, its Chinese twin says too: code, equations, tables, numbers, links, sections."""

import re
from pathlib import Path

import pytest
from benchmarks.chinese import in_chinese

ROOT = Path(__file__).parent.parent
TWINS = ("README", "docs/theory")
ENGLISH, CHINESE = ".md", ".zh-CN.md"
FENCED = r"^```(\w*)\n(.*?)^```$"
DISPLAY = r"^\$\$\n(.*?)\n\$\$$"
ALONE = r"\n\n\$\$\n[^\n]+\n\$\$\n\n"
EATEN = r"\\[^A-Za-z]|\\operatorname|[*<|]|(?<![A-Za-z0-9])_"  # escapes, refused, emphasis or a tag or a cell, emphasis
INLINE = r"(?<![\$\\])\$(?!\$)([^\$\n]+)\$(?!\$)"
TABLE = r"<!-- table: (\w+) -->\n(.*?)<!-- end of table -->"
NUMBER = r"\d+(?:[.,]\d+)*"


def found(pattern, text):
    return re.findall(pattern, text, re.DOTALL | re.MULTILINE)


def read(twin, language):
    return (ROOT / f"{twin}{language}").read_text(encoding="utf-8")


def code(text):
    """The blocks without their comments, which are in the page's language."""
    return [
        (kind, [re.sub(r"(^|\s+)#.*", "", line) for line in block.splitlines()]) for kind, block in found(FENCED, text)
    ]


def equations(text):
    return found(DISPLAY, text)


def tables(text):
    """The name of each, and the numbers of each row."""
    return [(name, [re.findall(NUMBER, row) for row in rows.splitlines()]) for name, rows in found(TABLE, text)]


def headings(text):
    return found(r"^(#+) ", re.sub(FENCED, "", text, flags=re.DOTALL | re.MULTILINE))


def studies(text):
    return found(r"<!-- study: (\w+) -->", text)


def prose(text):
    for pattern in (FENCED, DISPLAY, TABLE):
        text = re.sub(pattern, "", text, flags=re.DOTALL | re.MULTILINE)
    return text


def spans(text):
    return set(re.findall(r"`([^`\n]+)`", prose(text)))


def links(text):
    """Where they go; a link within the page goes to a heading, which has another name in another language."""
    return {target.replace(CHINESE, ENGLISH) for target in re.findall(r"\]\(([^)#]+)", prose(text))}


def numbers(text):
    """Of the prose: those in code and in mathematics are looked at above."""
    text = re.sub(r"`[^`\n]+`|\]\([^)]*\)", " ", prose(text))
    return set(re.findall(NUMBER, re.sub(INLINE, " ", text)))


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    "what", [code, equations, tables, headings, studies, spans, links, numbers], ids=lambda what: what.__name__
)
def test_both_say_the_same(twin, what):
    english, chinese = (what(read(twin, language)) for language in (ENGLISH, CHINESE))
    assert english == chinese


def test_there_is_something_to_compare():
    assert len(code(read("README", CHINESE))) > 6 and len(tables(read("README", CHINESE))) == 2
    assert len(equations(read("docs/theory", CHINESE))) > 25 and len(studies(read("docs/theory", CHINESE))) == 6


@pytest.mark.parametrize("twin", TWINS)
def test_each_leads_to_the_other(twin):
    name = Path(twin).name
    assert f"]({name}{CHINESE})" in read(twin, ENGLISH) and f"]({name}{ENGLISH})" in read(twin, CHINESE)


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
@pytest.mark.parametrize("twin", TWINS)
def test_links_lead_somewhere(twin, language):
    page = ROOT / f"{twin}{language}"
    for target in re.findall(r"\]\(([^)#]+)", prose(page.read_text(encoding="utf-8"))):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_what_a_study_shows_leads_to_its_section(language):
    text, sections = read("docs/theory", language), found(r"^## (\w+)$", read("docs/studies", ENGLISH))
    for name in studies(text):
        assert re.search(rf"\]\(studies\.md#{name}\)[.。] <!-- study: {name} -->", text), name
        assert name.capitalize() in sections


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_mathematics_is_written_as_github_shows_it(language):
    """Its Markdown reads formulas before mathematics is looked for, and takes no $ for it without a space before it."""
    text = read("docs/theory", language)
    for formula in [*equations(text), *found(INLINE, text)]:
        assert not re.search(EATEN, formula), formula
        assert formula.count("{") == formula.count("}") and formula == formula.strip(), formula
    assert len(found(ALONE, text)) == len(equations(text)) == len(found(r"\$\$", text)) / 2, "blank lines around each"
    for line in re.sub(DISPLAY, "", text, flags=re.DOTALL | re.MULTILINE).splitlines():
        assert line.count("$") % 2 == 0, line
        for match in re.finditer(INLINE, line):
            before, after = line[: match.start()][-1:], line[match.end() :][:1]
            assert before in ("", " "), match[0]
            assert after in (("", *" .,:;") if language == ENGLISH else ("", " ")), match[0]


def test_a_word_without_a_translation_is_an_error():
    assert in_chinese("| steps | 12.5 |") == "| 步数 | 12.5 |"
    with pytest.raises(KeyError, match="parsecs"):
        in_chinese("| parsecs | 12.5 |")
