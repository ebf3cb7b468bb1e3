"""How a notebook shows images, sound and videos; an address is a link, never fetched."""

import base64

from ai_lib.types.markup.html import escape_text
from ai_lib.types.media_type import normalize_media_type


def audio_html(data: bytes, media_type: str) -> str:
    """Return an element that plays the sound."""
    return f'<audio controls src="{_make_data_url(data, media_type)}"></audio>'


def video_html(data: bytes, media_type: str) -> str:
    """Return an element that plays the video."""
    return f'<video controls src="{_make_data_url(data, media_type)}"></video>'


def image_html(data: bytes, media_type: str) -> str:
    """Return an element that shows the image."""
    return f'<img alt="image" src="{_make_data_url(data, media_type)}">'


def link_html(url: str) -> str:
    """Return a link to an address, as text where that is no web address."""
    text = escape_text(url).replace('"', "&quot;")
    if not url.startswith(("https://", "http://")):
        return text
    return f'<a href="{text}">{text}</a>'


def _make_data_url(data: bytes, media_type: str) -> str:
    kind = escape_text(normalize_media_type(media_type)).replace('"', "")
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
