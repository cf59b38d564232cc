"""The translations: complete in all languages, and in agreement with the code and the icons."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re

import pytest

from custom_components.raindrop.ddns.records.interface_id import KEEP

ROOT = Path(__file__).parent.parent
RAINDROP = ROOT / "custom_components" / "raindrop"
AWAITING_TRANSLATION = ROOT / "tests" / "awaiting_translation.txt"
LANGUAGES = sorted(path.stem for path in (RAINDROP / "translations").glob("*.json"))
SHOWN_ERRORS = {
    "HomeAssistantError",
    "ServiceValidationError",
    "UpdateFailed",
    "ConfigEntryAuthFailed",
}
"""Exceptions of Home Assistant that users see."""
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def texts(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of a translation with the path of its key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, f"{path}.{key}" if path else key)
    else:
        yield path, str(node)


def translation(language: str) -> dict[str, str]:
    """Return the texts of a language by their key."""
    return dict(texts(json.loads((RAINDROP / "translations" / f"{language}.json").read_text())))


def error_keys() -> set[str]:
    """Return the translation keys of library errors."""
    tree = ast.parse((RAINDROP / "error_messages.py").read_text())
    pairs = (node for node in ast.walk(tree) if isinstance(node, (ast.Tuple, ast.Call)))
    keys: set[str] = set()
    for pair in pairs:
        parts = pair.elts if isinstance(pair, ast.Tuple) else pair.args
        names = [part for part in parts[:1] if isinstance(part, ast.Name)]
        if names and names[0].id.isupper() and len(parts) > 1:
            keys |= {str(p.value) for p in parts[1:2] if isinstance(p, ast.Constant)}
    return keys


def test_every_error_has_its_texts() -> None:
    """Each library error has a text for the forms, and one for exceptions."""
    english = translation("en")
    keys = error_keys()
    assert len(keys) >= 17
    for key in keys:
        assert english[f"config.error.{key}"]
    form_only = {k for k in keys if re.search("domain|_zone$|full_name|unknown", k)}
    for key in keys - form_only:
        assert english[f"exceptions.{key}.message"]


def test_the_keys_of_the_forms_are_literals() -> None:
    """Each step, field, error and abort reason of a flow can be found in the code by its key."""
    literals: set[str] = set()
    for module in {*RAINDROP.rglob("*.py")} - {*(RAINDROP / "ddns").rglob("*.py")}:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Constant):
                literals.add(str(node.value))
            elif isinstance(node, ast.AsyncFunctionDef):
                literals.add(node.name.removeprefix("async_step_"))
    pattern = r"(config|options|config_subentries\.\w+)\.(step\.\w+\.data|step|error|abort)\.(\w+)"
    matches = [re.match(pattern, key) for key in translation("en")]
    keys = {match[3] for match in matches if match}
    of_home_assistant = {"email", "already_in_progress"}
    of_home_assistant |= {"reauth_successful", "reconfigure_successful"}
    assert len(keys) > 50
    assert keys - literals == of_home_assistant


def test_the_other_keys_are_literals() -> None:
    """So can those of entities and their states, of issues, exceptions and selectors."""
    literals = {
        str(node.value)
        for module in RAINDROP.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Constant)
    }
    pattern = r"entity\.\w+\.(\w+)(?:\.state\.(\w+))?|(?:exceptions|issues|selector)\.(\w+)"
    matches = [re.match(pattern, key) for key in translation("en")]
    keys = {key for match in matches if match for key in match.groups() if key}
    assert len(keys) > 100
    assert keys - literals == set()


def test_no_key_of_a_form_is_composed() -> None:
    """No f-string of the flows creates a key at run time."""
    composed = re.compile(r"""f["'][^"']*(_\{|\}_)""")
    modules = [RAINDROP / "config_flow.py", RAINDROP / "error_messages.py", RAINDROP / "config.py"]
    for module in (*modules, *(RAINDROP / "flows").glob("*.py")):
        assert not composed.search(module.read_text()), module


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    """They are those of English, and no text contains a URL."""
    english, other = translation("en"), translation(language)
    assert other.keys() == english.keys()
    for key, text in other.items():
        found, expected = PLACEHOLDER.findall(text), PLACEHOLDER.findall(english[key])
        assert sorted(found) == sorted(expected), key
        assert "http" not in text, key
        assert text.strip() == text != "", key


def test_there_are_ten_languages() -> None:
    """The translations are complete: one file for each language."""
    assert LANGUAGES == ["de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt-BR", "zh-Hans"]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_language_is_translated(language: str) -> None:
    """No longer text of a translation is the English one, except those that are listed.

    New texts are translated together, when their English is settled.
    """
    english, other = translation("en"), translation(language)
    sentences = {key for key, text in english.items() if text.count(" ") >= 5}
    untranslated = {key for key in sentences if other[key] == english[key]}
    assert untranslated == {*AWAITING_TRANSLATION.read_text().split()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_that_keeps_an_interface_id_is_not_translated(language: str) -> None:
    """The forms and their error message name the word that the code accepts."""
    keys = re.compile(r"\.data_description\.interface_id$|\.malformed_interface_id$")
    found = {key: text for key, text in translation(language).items() if keys.search(key)}
    assert len(found) == 3
    assert [key for key, text in found.items() if not re.search(rf"\W{KEEP}\W", text)] == []


def raised() -> Iterator[tuple[str, ast.Call]]:
    """Yield where Home Assistant's exceptions are created, with the call."""
    for path in RAINDROP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SHOWN_ERRORS:
                yield f"{path.name}:{node.lineno}", node


def test_every_shown_error_is_translated() -> None:
    """Exceptions of Home Assistant are created with the key of a translation that exists."""
    english = translation("en")
    found = list(raised())
    assert len(found) >= 4
    for where, call in found:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        assert "translation_domain" in given, where
        key = given["translation_key"]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            assert english[f"exceptions.{key.value}.message"], where


def test_names_and_icons_are_not_in_the_code() -> None:
    """They are in the translations and in icons.json, for each key of the code."""
    english, icons = translation("en"), json.loads((RAINDROP / "icons.json").read_text())
    for path in RAINDROP.rglob("*.py"):
        text = path.read_text()
        assert "mdi:" not in text, path
        assert "_attr_name" not in text, path
    for platform, entities in icons["entity"].items():
        for key in entities:
            assert english[f"entity.{platform}.{key}.name"]
    paths = [key.split(".") for key in english if key.startswith("entity.")]
    named = {(path[1], path[2]) for path in paths}
    assert named == {(platform, key) for platform, keys in icons["entity"].items() for key in keys}
    parts = {"triggers": "trigger", "conditions": "condition", "services": "service"}
    for kind, part in parts.items():
        keys = {key.split(".")[1] for key in english if key.startswith(f"{kind}.")}
        assert keys == icons[kind].keys()
        assert all(icon[part].startswith("mdi:") for icon in icons[kind].values())


def test_every_field_has_a_description() -> None:
    """Each field of each form has a label and a description."""
    english = translation("en")
    fields = [
        key
        for key in english
        if re.search(r"^(config|options).*\.step\..*\.data\.\w+$", key) and ".preview." not in key
    ]
    assert fields
    for key in fields:
        assert english[key.replace(".data.", ".data_description.")]
