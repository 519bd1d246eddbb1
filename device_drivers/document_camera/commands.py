"""`document-camera find-page | flatten`: what the camera's eyes make of a photograph."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from device_drivers.command_line import BAD_ARGUMENTS, RESULT, BadArguments, write_line
from device_drivers.document_camera.interface import PageProblem
from device_drivers.document_camera.page import find_page, flatten, judge
from device_drivers.picture_file import UnreadablePicture, read_picture

if TYPE_CHECKING:
    from device_drivers.command_line import Subparsers


def add_commands(subparsers: "Subparsers") -> None:
    """Add `document-camera` and what it can do."""
    parser = subparsers.add_parser("document-camera", help="finding and flattening pages")
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    find = actions.add_parser("find-page", help="the corners of the page in each picture")
    find.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    find.set_defaults(run=_find_page)

    flat = actions.add_parser("flatten", help="the page seen from straight above")
    flat.add_argument("image", type=Path, metavar="IMAGE")
    flat.add_argument("--out", type=Path, required=True, metavar="PNG")
    flat.add_argument("--dpi", type=int, default=200, choices=range(72, 601), metavar="72..600")
    flat.set_defaults(run=_flatten)


def _find_page(chosen: argparse.Namespace) -> int:
    outcome = RESULT
    is_warm = False
    for image in chosen.images:
        try:
            picture = read_picture(image)
        except UnreadablePicture as error:
            write_line({"file": str(image), "error": str(error)})
            outcome = BAD_ARGUMENTS
            continue
        if not is_warm:
            # the first call of a process loads libraries' kernels: not what `ms` is asked for
            find_page(np.ascontiguousarray(picture[::4, ::4]))
            is_warm = True
        began_at = time.perf_counter()
        quad = find_page(picture)
        ms = (time.perf_counter() - began_at) * 1000
        write_line(
            {
                "file": str(image),
                "quad": None if quad is None else [[round(x, 1), round(y, 1)] for x, y in quad],
                "problems": [problem.value for problem in judge(picture, quad).problems],
                "ms": round(ms, 1),
            }
        )
    return outcome


def _flatten(chosen: argparse.Namespace) -> int:
    try:
        picture = read_picture(chosen.image)
    except UnreadablePicture as error:
        raise BadArguments(f"{chosen.image}: {error}") from error
    quad = find_page(picture)
    if quad is None:
        write_line({"result": "no_page", "problems": [PageProblem.NO_PAGE.value]})
        return RESULT
    page = flatten(picture, quad, dpi=chosen.dpi)
    measured = judge(picture, quad)
    encoded, png = cv2.imencode(".png", page)
    if not encoded:
        raise BadArguments(f"{chosen.image}: the page could not be encoded")
    try:
        chosen.out.write_bytes(png.tobytes())
    except OSError as error:
        raise BadArguments(str(error)) from error
    write_line(
        {
            "width": page.shape[1],
            "height": page.shape[0],
            "dpi": chosen.dpi,
            "sharpness": round(measured.sharpness, 3),
            "glare": round(measured.glare, 5),
            "problems": [problem.value for problem in measured.problems],
        }
    )
    return RESULT
