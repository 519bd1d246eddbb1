"""`document-camera find-page | flatten | read-text`: what the camera makes of a photograph."""

import argparse
import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from device_drivers.command_line import BAD_ARGUMENTS, RESULT, BadArguments, write_line
from device_drivers.document_camera.enhancement import enhance
from device_drivers.document_camera.flattening import flatten, likely_paper
from device_drivers.document_camera.interface import PageLook, PageProblem, PaperSize, Picture
from device_drivers.document_camera.judgement import judge
from device_drivers.document_camera.page import find_page
from device_drivers.document_camera.text_reading.interface import NotRead, TextReading
from device_drivers.document_camera.text_reading.reader import TextReader
from device_drivers.errors import DeviceGarbled
from device_drivers.picture_file import UnreadablePicture, read_picture
from device_drivers.status import DeviceKind

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
    flat.add_argument("--paper", type=PaperSize, choices=list(PaperSize), default=None)
    flat.add_argument("--look", type=PageLook, choices=list(PageLook), default=PageLook.PLAIN)
    flat.set_defaults(run=_flatten)

    read = actions.add_parser("read-text", help="the lines of text on each picture")
    read.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    read.set_defaults(run=_read_text)


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
    paper = chosen.paper or likely_paper(picture, quad)
    page = enhance(flatten(picture, quad, dpi=chosen.dpi, paper=paper), chosen.look)
    measured = judge(picture, quad, paper=paper)
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


def _read_text(chosen: argparse.Namespace) -> int:
    return asyncio.run(_read_all(chosen.images))


async def _read_all(images: list[Path]) -> int:
    outcome = RESULT
    reader = TextReader()
    try:
        # the first answer of a process loads its models: not what `ms` is asked for
        await reader.read(np.full((64, 64, 3), 255, np.uint8))
        for image in images:
            try:
                picture = read_picture(image)
            except UnreadablePicture as error:
                write_line({"file": str(image), "error": str(error)})
                outcome = BAD_ARGUMENTS
                continue
            began_at = time.perf_counter()
            reading = await _read_twice(reader, picture)
            ms = (time.perf_counter() - began_at) * 1000
            if isinstance(reading, NotRead):
                raise DeviceGarbled(DeviceKind.DOCUMENT_CAMERA.value, f"text: {reading.why.value}")
            lines = [
                {
                    "text": line.text,
                    "score": round(line.score, 4),
                    "quad": [[round(x, 1), round(y, 1)] for x, y in line.quad],
                }
                for line in reading.lines
            ]
            write_line({"file": str(image), "lines": lines, "ms": round(ms, 1)})
    finally:
        await reader.close()
    return outcome


async def _read_twice(reader: TextReader, picture: Picture) -> TextReading:
    """Once more where the process ended: the system may have taken its memory."""
    reading = await reader.read(picture)
    return await reader.read(picture) if isinstance(reading, NotRead) else reading
