"""What lies where inside the namespaces, and what the programs there are told.

The emulator's folder is `/run` inside, so every path below is short and always the same.
"""

from pathlib import Path

QUEUE = "document_printer"
UNASKED_QUEUE = "unasked_printer"
"""Its printer takes every byte and can be asked nothing, as one behind a USB driver."""
UNASKED_URI = "file:///dev/null"
GUEST_QUEUE = "guest_printer"
"""Leads to whatever printer listens at `GUEST`."""
GUEST_PORT = 8632
GUEST_URI = f"ipp://localhost:{GUEST_PORT}/ipp/print"
IPP_PORT = 8631
"""Any port does: the network is our own."""
PRINTER_URI = f"ipp://localhost:{IPP_PORT}/ipp/print"
PRINTER_PAGE = f"http://localhost:{IPP_PORT}"

ROOM = Path("/run")
BUS = ROOM / "dbus/system_bus_socket"
AVAHI = ROOM / "avahi-daemon/socket"
CUPS = ROOM / "cups.sock"
PRINTER = ROOM / "printer.sock"
GUEST = ROOM / "guest.sock"
SPOOL = ROOM / "spool"
USUAL_SPOOL = Path("/var/spool/cups")
"""Where Debian's CUPS has it: the same folder, inside."""
EMPTY_SPOOL = ("/bin/sh", "-c", f"rm -f {USUAL_SPOOL}/[cd]*")
"""What a kiosk's CUPS does before it starts; a test holds it to what the installer installs."""
FAULTS = ROOM / "faults"
PAPERS = ROOM / "papers"
TRAY = ROOM / "tray"
PAGE_TIME = ROOM / "page_time"
TONER = ROOM / "toner"
LOG = ROOM / "printing.log"
HAND_DOCUMENT = ROOM / "hand.txt"
HAND_MARK = b"%HAND"
"""A job that begins so is no paper: it has the printer look at its sensors again."""

TRAY_SHEETS = 250
PAGE_S = 0.1

FAULT_REASONS = {
    "jam": "media-jam",
    "door": "cover-open",
    "tray": "input-tray-missing",
    "cartridge": "marker-supply-empty",
    "pause": "paused",
    "pausing": "moving-to-paused",
}
"""The faults that the printer's own page cannot set, by their word in printer-state-reasons.

`ippeveprinter` 2.4.2 knows sixteen reasons and ignores the rest, `door-open` among them; a word
about paper is its page's own.
"""

_FOLDERS = ("dbus", "avahi-daemon", "no-services", "etc", "cache", "state", "keys", "faults")

_FILES = {
    "dbus.conf": f"""\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={BUS}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>
""",
    "avahi.conf": """\
[server]
host-name=printer
use-ipv6=no
allow-interfaces=lo
[wide-area]
enable-wide-area=no
""",
    "cups-files.conf": f"""\
ServerRoot {ROOM}/etc
RequestRoot {SPOOL}
CacheDir {ROOM}/cache
StateDir {ROOM}/state
TempDir {SPOOL}/tmp
AccessLog stderr
ErrorLog stderr
PageLog /dev/null
FileDevice Yes
SystemGroup root
""",
    "cupsd.conf": f"""\
Listen {CUPS}
LogLevel warn
Browsing Off
WebInterface No
DefaultAuthType None
ErrorPolicy abort-job
<Location />
  Order allow,deny
  Allow all
</Location>
<Location /admin>
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  SubscriptionPrivateAccess all
  SubscriptionPrivateValues none
  <Limit All>
    Order deny,allow
    Allow all
  </Limit>
</Policy>
""",
    "hand.test": """\
{
  NAME "The hand at the printer"
  OPERATION Print-Job
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR name requesting-user-name hand
  ATTR name job-name hand
  ATTR mimeMediaType document-format application/pdf
  FILE $filename
}
""",
    "printer.test": """\
{
  NAME "What the printer says"
  OPERATION Get-Printer-Attributes
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR keyword requested-attributes printer-state,printer-state-reasons
}
""",
    "job.test": """\
{
  NAME "How the job stands"
  OPERATION Get-Job-Attributes
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri job-uri $uri
  ATTR keyword requested-attributes job-state,job-state-reasons
}
""",
}


def furnish(directory: Path, *, paper_path_command: str) -> None:
    """Write everything the programs read, with a full tray, full toner and no fault."""
    for name in (*_FOLDERS, "spool/tmp", "papers"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    for name, text in _FILES.items():
        (directory / name).write_text(text, "ascii")
    (directory / HAND_DOCUMENT.name).write_bytes(HAND_MARK)
    command = directory / "paper-path"
    command.write_text(f'#!/bin/sh\nexec {paper_path_command} "$@"\n', "utf-8")
    command.chmod(0o755)
    (directory / TRAY.name).write_text(str(TRAY_SHEETS), "ascii")
    (directory / TONER.name).write_text("75", "ascii")
    (directory / PAGE_TIME.name).write_text(str(PAGE_S), "ascii")
    for fault in (directory / FAULTS.name).iterdir():
        fault.unlink()
