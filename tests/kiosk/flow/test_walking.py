"""Finding one's way through a service whose steps lead round in a circle."""

from pathlib import Path

from kiosk.contract.content import ServiceContent
from kiosk.flow.citizen import PLAIN, Session
from kiosk.flow.walking import after_change
from kiosk.flow.world import Content
from kiosk.services.loader import load_folder

ASSETS = Path(__file__).resolve().parents[3] / "assets"
POLICE = "police-no-criminal-record"


def test_an_answer_that_leads_back_to_its_own_question_asks_it_again() -> None:
    bundle = load_folder(ASSETS)
    plain = bundle.services[POLICE].model_dump(mode="json")
    question = plain["definition"]["steps"]["ask_use"]
    onward, *_, again = question["options"]
    question["then"] = dict.fromkeys(question["options"], "ask_phone") | {again: "ask_use"}
    service = ServiceContent.model_validate(plain)
    content = Content(
        bundle.model_copy(update={"services": {**bundle.services, POLICE: service}}), "0" * 64
    )

    def changed_to(answer: str) -> str:
        session = Session(
            content=content,
            service_id=POLICE,
            display=PLAIN,
            returning_to="check",
            answers={question["field"]: answer},
        )
        return after_change(session, "ask_use")

    assert changed_to(again) == "ask_use"
    assert changed_to(onward) == "ask_phone"
