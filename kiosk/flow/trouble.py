"""Something went wrong that the citizen must know. Pure."""

from kiosk.flow import states as st
from kiosk.flow.entering import Step

CanFail = (
    st.AwaitingIdCard
    | st.AwaitingSocialSecurityCard
    | st.AwaitingCode
    | st.Photographing
    | st.Storing
    | st.AwaitingReply
)


def trouble(state: CanFail, why: str, code: str = "") -> Step:
    """The page that says what is wrong, what is safe, what to do."""
    return Step(
        st.Trouble(
            session=state.session,
            step_id=state.step_id,
            attempt=state.attempt,
            why=why,
            code=code,
        )
    )
