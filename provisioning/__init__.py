"""From a bare machine to a working place: set-up, enrolment, installation, the demo."""
