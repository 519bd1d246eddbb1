"""Several pages of one paper, and both sides of a card: taken one by one, kept as one."""

from dataclasses import replace
from io import BytesIO

import img2pdf
import pypdfium2
import pytest
from PIL import Image
from pydantic import ValidationError

from device_drivers.document_camera.cards import back_of_card, front_of_card
from device_drivers.document_camera.interface import Page, PaperSize
from kiosk.contract.devices import DeviceKind
from kiosk.contract.services import PageCount, Photograph
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.kept_papers import kept_papers
from kiosk.flow.world import Content, World
from tests.kiosk.flow.visits import PAGE, PHONE, Walk, content, world

POLICE = "police-no-criminal-record"
STEP = "photograph_paper"
FIRST, SECOND, THIRD = (replace(PAGE, jpeg=b"\xff\xd8 %d" % number) for number in (1, 2, 3))


def around(step: Photograph) -> World:
    """The police's service with another photograph step."""
    bundle = content().bundle
    service = bundle.services[POLICE]
    steps = {**service.definition.steps, STEP: step}
    definition = service.definition.model_copy(update={"steps": steps})
    changed = service.model_copy(update={"definition": definition})
    edited = bundle.model_copy(update={"services": {**bundle.services, POLICE: changed}})
    return replace(world(), content=Content(edited, "ab" * 32))


def at_camera(*, at_least: int = 1, at_most: int = 3) -> Walk:
    count = PageCount(at_least=at_least, at_most=at_most)
    return camera_for(
        Photograph(
            kind="photograph", material="use_paper", pages=count, then="check", gave_up="left"
        )
    )


def card_at_camera() -> Walk:
    return camera_for(
        Photograph(
            kind="photograph",
            material="use_paper",
            paper="card_both_sides",
            then="check",
            gave_up="left",
        )
    )


def camera_for(step: Photograph) -> Walk:
    walk = Walk(around(step))
    walk.choose(POLICE)
    walk.until(STEP)
    assert isinstance(walk.state, st.Photographing)
    return walk


def kept(walk: Walk) -> tuple[Page, ...]:
    assert isinstance(walk.state, st.Checking)
    return walk.state.session.papers["use_paper"]


def gathered(walk: Walk) -> tuple[Page, ...]:
    assert isinstance(walk.state, st.ReviewingPages)
    return walk.state.session.gathered


def stored(walk: Walk) -> ef.StoreCase:
    walk.feed(ev.Continue(), ev.Signed(b"\x89PNG"))
    return next(effect for effect in walk.effects if isinstance(effect, ef.StoreCase))


def test_who_has_one_page_touches_no_more_than_before() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.KeepPage())
    assert kept(walk) == (FIRST,)


def test_pages_are_added_one_by_one_and_kept_in_their_order() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage(), ev.PageCaptured(SECOND), ev.KeepPage())
    assert gathered(walk) == (FIRST, SECOND)
    walk.feed(ev.AddPage(), ev.PageCaptured(THIRD), ev.KeepPage(), ev.KeepPage())
    assert kept(walk) == (FIRST, SECOND, THIRD)


def test_there_is_no_page_after_the_last_one_allowed() -> None:
    walk = at_camera(at_most=2)
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage(), ev.PageCaptured(SECOND))
    assert walk.means_nothing(ev.AddPage())
    walk.feed(ev.KeepPage())
    assert walk.means_nothing(ev.AddPage())


def test_one_page_is_photographed_anew_and_the_others_stay() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage(), ev.PageCaptured(SECOND), ev.KeepPage())
    walk.feed(ev.RetakeOne(0), ev.PageCaptured(THIRD), ev.KeepPage())
    assert gathered(walk) == (THIRD, SECOND)
    assert walk.means_nothing(ev.RetakeOne(2))


def test_each_page_is_asked_of_the_camera_anew() -> None:
    walk = at_camera()
    first = st.scope_of(walk.state)
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage())
    assert st.scope_of(walk.state) != first
    assert [type(effect) for effect in walk.effects].count(ef.CapturePage) == 2


def test_a_camera_that_fails_at_the_second_page_keeps_the_first() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage())
    walk.feed(ev.DeviceFailed(DeviceKind.DOCUMENT_CAMERA, "D102"), ev.TryAgain())
    walk.feed(ev.PageCaptured(SECOND), ev.KeepPage())
    assert gathered(walk) == (FIRST, SECOND)


def test_back_from_a_page_not_wanted_after_all_shows_those_there_are() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage(), ev.Back())
    assert gathered(walk) == (FIRST,)
    walk.feed(ev.Back())
    assert isinstance(walk.state, st.EnteringDigits)
    walk.feed(ev.Answered(PHONE))
    assert isinstance(walk.state, st.ReviewingPages)  # what was photographed is not lost
    assert gathered(walk) == (FIRST,)


def test_a_page_taken_anew_is_not_lost_on_the_way_back_and_forth() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage(), ev.PageCaptured(SECOND), ev.KeepPage())
    walk.feed(ev.RetakeOne(1), ev.PageCaptured(THIRD), ev.KeepPage(), ev.Back())
    walk.feed(ev.Answered(PHONE))
    assert gathered(walk) == (FIRST, THIRD)


def test_pages_are_changed_from_the_check_page_beside_each_other() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage(), ev.PageCaptured(SECOND), ev.KeepPage())
    walk.feed(ev.KeepPage(), ev.ChangeAnswer(STEP))
    assert gathered(walk) == (FIRST, SECOND)
    walk.feed(ev.RetakeOne(1), ev.PageCaptured(THIRD), ev.KeepPage(), ev.KeepPage())
    assert kept(walk) == (FIRST, THIRD)


def test_what_was_changed_and_not_confirmed_changes_nothing() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.AddPage(), ev.PageCaptured(SECOND), ev.KeepPage())
    walk.feed(ev.KeepPage(), ev.ChangeAnswer(STEP), ev.RetakeOne(0), ev.PageCaptured(THIRD))
    walk.feed(ev.KeepPage(), ev.Back())
    assert kept(walk) == (FIRST, SECOND)


def test_pages_that_must_be_there_follow_by_themselves() -> None:
    walk = at_camera(at_least=2)
    walk.feed(ev.PageCaptured(FIRST))
    assert walk.means_nothing(ev.AddPage())
    walk.feed(ev.KeepPage())
    assert isinstance(walk.state, st.Photographing)
    walk.feed(ev.PageCaptured(SECOND), ev.KeepPage())
    assert gathered(walk) == (FIRST, SECOND)


def test_a_card_is_taken_front_and_back_at_the_size_of_a_card() -> None:
    walk = card_at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.KeepPage())
    assert isinstance(walk.state, st.Photographing)
    assert walk.means_nothing(ev.KeepPage())
    walk.feed(ev.PageCaptured(SECOND), ev.KeepPage())
    assert walk.means_nothing(ev.AddPage())
    walk.feed(ev.KeepPage())
    assert kept(walk) == (FIRST, SECOND)
    sizes = [effect.paper for effect in walk.effects if isinstance(effect, ef.CapturePage)]
    assert sizes == [PaperSize.ID_CARD, PaperSize.ID_CARD]
    assert stored(walk).papers["use_paper"].form is ef.Form.CARD


def test_the_codes_on_all_pages_go_with_the_case_each_once() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(replace(FIRST, codes=("A1", "B2"))), ev.AddPage())
    walk.feed(ev.PageCaptured(replace(SECOND, codes=("B2", "C3"))), ev.KeepPage(), ev.KeepPage())
    assert stored(walk).payload.paper_codes == {"use_paper": ("A1", "B2", "C3")}


def test_a_paper_without_codes_is_not_named_among_them() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(FIRST), ev.KeepPage())
    assert stored(walk).payload.paper_codes == {}


def test_no_page_shows_itself_in_a_repr() -> None:
    walk = at_camera()
    walk.feed(ev.PageCaptured(replace(FIRST, jpeg=b"\xff\xd8 canary")), ev.AddPage())
    assert "canary" not in repr(walk.state)
    assert "canary" not in repr(ef.PhotographedPaper((replace(FIRST, jpeg=b"canary"),)))


# --- as what they are kept ------------------------------------------------------------------


def picture(image: Image.Image, dpi: int, size: PaperSize) -> Page:
    written = BytesIO()
    image.save(written, "JPEG", quality=80, dpi=(dpi, dpi))
    width, height = image.size
    return Page(
        jpeg=written.getvalue(),
        width_px=width,
        height_px=height,
        dpi=dpi,
        sharpness=1.0,
        glare=0.0,
        paper=size,
    )


def a4(grey: int) -> Page:
    return picture(Image.new("L", (1654, 2339), grey), 200, PaperSize.A4)


def sizes_mm(pdf: bytes) -> list[tuple[int, int]]:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    return [
        (round(width / 72 * 25.4), round(height / 72 * 25.4))
        for width, height in (page.get_size() for page in document)
    ]


def test_one_page_is_kept_as_the_picture_it_is() -> None:
    (paper,) = kept_papers({"use_paper": ef.PhotographedPaper((a4(200),))})
    assert (paper.name, paper.media_type) == ("use_paper", "image/jpeg")
    assert paper.content == a4(200).jpeg


def test_several_pages_are_kept_as_one_pdf_of_a4_pages() -> None:
    pages = ef.PhotographedPaper((a4(200), a4(90)), ef.Form.SEVERAL_PAGES)
    (paper,) = kept_papers({"use_paper": pages})
    assert paper.media_type == "application/pdf"
    assert sizes_mm(paper.content) == [(210, 297)] * 2
    assert a4(90).jpeg in paper.content, "a page was compressed again"


def test_a_card_is_kept_as_one_sheet_with_both_sides() -> None:
    sides = tuple(
        picture(side, 300, PaperSize.ID_CARD) for side in (front_of_card(), back_of_card())
    )
    (paper,) = kept_papers({"card": ef.PhotographedPaper(sides, ef.Form.CARD)})
    assert sizes_mm(paper.content) == [(210, 297)]
    assert len(paper.content) <= 305_000


def test_what_is_no_picture_is_refused_and_not_kept() -> None:
    with pytest.raises((ValueError, img2pdf.ImageOpenError)):
        kept_papers({"use_paper": ef.PhotographedPaper((FIRST,), ef.Form.SEVERAL_PAGES)})


# --- the definition -------------------------------------------------------------------------


def test_a_definition_that_uses_none_of_it_is_written_as_it_always_was() -> None:
    plain = {"kind": "photograph", "material": "paper", "then": "check", "gave_up": "left"}
    written = Photograph.model_validate(plain).model_dump(mode="json")
    assert written == {**plain, "within_s": 90.0}


def test_a_definition_with_pages_or_a_card_is_read_back_as_written() -> None:
    way = {"kind": "photograph", "material": "paper", "then": "check", "gave_up": "left"}
    several = Photograph.model_validate({**way, "pages": {"at_most": 4}})
    card = Photograph.model_validate({**way, "paper": "card_both_sides"})
    assert Photograph.model_validate_json(several.model_dump_json()) == several
    assert Photograph.model_validate_json(card.model_dump_json()) == card


@pytest.mark.parametrize(
    "wrong",
    [
        {"pages": {"at_least": 3, "at_most": 2}},
        {"pages": {"at_most": 7}},
        {"paper": "card_both_sides", "pages": {"at_most": 2}},
    ],
)
def test_a_definition_that_cannot_be_done_is_refused(wrong: dict[str, object]) -> None:
    way = {"kind": "photograph", "material": "paper", "then": "check", "gave_up": "left"}
    with pytest.raises(ValidationError):
        Photograph.model_validate({**way, **wrong})
