"""What the stores ask for: the manifest and the images of the brand."""

import json
from pathlib import Path

ROOT = Path(__file__).parent.parent
RAINDROP = ROOT / "custom_components" / "raindrop"


def test_manifest_and_store_agree() -> None:
    """The manifest has what the stores ask for, in their order, and needs no package."""
    manifest = json.loads((RAINDROP / "manifest.json").read_text())
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(keys[2:])]
    assert {"codeowners", "documentation", "issue_tracker", "version"} <= set(keys)
    assert "requirements" not in manifest
    store = json.loads((ROOT / "hacs.json").read_text())
    assert (store["name"], store["homeassistant"]) == (manifest["name"], "2026.8.0")


def test_the_brand_is_complete() -> None:
    """Icon and logo exist in both sizes, for light and dark, as PNG."""
    names = {f"{d}{n}{s}.png" for d in ("", "dark_") for n in ("icon", "logo") for s in ("", "@2x")}
    brand = {path.name: path.read_bytes() for path in (RAINDROP / "brand").iterdir()}
    assert brand.keys() == names
    sizes = {name: int.from_bytes(data[20:24]) for name, data in brand.items()}
    assert all(height == (512 if "@2x" in name else 256) for name, height in sizes.items())
    assert all(data.startswith(b"\x89PNG") for data in brand.values())
