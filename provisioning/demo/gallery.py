"""Pictures of what the demo showed: every page a citizen saw, every receipt, read back."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from device_drivers.qr_scanner.decode import decode_image
from provisioning.demo.display import Display
from provisioning.demo.fingers import Shown


class Gallery:
    """A folder of PNGs, in the order things happened."""

    def __init__(self, folder: Path, display: Display | None) -> None:
        self._folder = folder
        self._display = display
        self._count = 0
        folder.mkdir(parents=True, exist_ok=True)

    def keep_page(self, shown: Shown) -> None:
        """Take a picture of the kiosk's screen."""
        if self._display is None:
            return
        self._count += 1
        name = f"{self._count:02d}-{shown.page}.png"
        self._display.picture().save(self._folder / name, optimize=True)

    def keep_receipt(self, service_id: str, png: bytes) -> Path:
        """Keep a receipt beside the pages."""
        path = self._folder / f"receipt-{service_id}.png"
        path.write_bytes(png)
        return path


def codes_on(png: bytes) -> list[str]:
    """Texts of the codes on a picture, as the project's own scanner reads them."""
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    return [code.text for code in decode_image(picture)]
