"""ClientFile.*: files and links shared with clients."""

from typing import Any

from coaching.failures import Code
from coaching.rpc.call import Call, Reply, added
from coaching.rpc.functions.common import VISIBILITY, VISIBILITY_HELP
from coaching.rpc.parameters import Base64, Enum, Str, Title
from coaching.rpc.refs import ClientRef, CoachRef, primary_coach
from coaching.rpc.registry import function
from coaching.services import files

CLIENT = ClientRef("ClientID", "client acted on", required=True, active=True)
COACH = CoachRef(
    "CoachID", "sharer; default the client's primary coach", team=True, working=True, fallback=primary_coach
)
ABOUT = (
    Title("title", default=""),
    Str("folder", "folder path", default="", maximum=500),
    Str("description", default="", maximum=1000),
)
SEEN_BY = Enum("visibility", VISIBILITY_HELP, default="*", newer=True, choices=VISIBILITY)
RETURNS = {"ClientFileID": "int"}


@function(
    "ClientFile.addAsUpload",
    CLIENT,
    COACH,
    Title("filename", required=True, key="file_name", maximum=300),
    *ABOUT,
    Base64(
        "fileData",
        "Base64 text",
        required=True,
        key="content",
        maximum=files.MAX_ENCODED,
        code=Code.FILE_TOO_LARGE,
    ),
    SEEN_BY,
    results="added",
    errors=(301, 302, 306, 311, 312, 313, 470, 471, 498),
    returns=RETURNS,
)
def add_as_upload(call: Call, **values: Any) -> Reply:
    """Share an uploaded file with a client; title defaults to the file's name."""
    return added("File added.", ClientFileID=files.add_upload(**values).pk)


@function(
    "ClientFile.addAsURL",
    CLIENT,
    COACH,
    Str("URL", "link to share", required=True, maximum=300, code=Code.URL),
    *ABOUT,
    SEEN_BY,
    results="added",
    errors=(301, 302, 306, 311, 312, 313, 472, 498),
    returns=RETURNS,
)
def add_as_url(call: Call, **values: Any) -> Reply:
    """Share a link with a client; title defaults to the link."""
    return added("Link added.", ClientFileID=files.add_link(**values).pk)
