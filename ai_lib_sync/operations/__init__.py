# Copied from ai_lib/operations/__init__.py by codegen; do not edit.
"""Operations beside chat: speech, transcription, images, reranking, moderation, and the like."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.operations.response import (
        ModerationResponse as ModerationResponse,
        ModerationResult as ModerationResult,
        OcrImage as OcrImage,
        OcrPage as OcrPage,
        OcrResponse as OcrResponse,
        OperationResponse as OperationResponse,
        RankedDocument as RankedDocument,
        RerankResponse as RerankResponse,
        SpeechResponse as SpeechResponse,
    )
    from ai_lib.request.operations.media import (
        MediaFile as MediaFile,
    )
    from ai_lib.request.operations.options import (
        RerankOptions as RerankOptions,
        SttOptions as SttOptions,
        TtsOptions as TtsOptions,
    )

    from .builder import (
        OperationClientBuilder as OperationClientBuilder,
    )
    from .client import (
        OperationClient as OperationClient,
    )
    from .content import (
        GeneratedImage as GeneratedImage,
        GeneratedVideo as GeneratedVideo,
        MediaContent as MediaContent,
    )
    from .images import (
        ImageClient as ImageClient,
        ImageResponse as ImageResponse,
        ImageStream as ImageStream,
    )
    from .job import (
        Job as Job,
        JobStatus as JobStatus,
    )
    from .moderation import (
        ModerationClient as ModerationClient,
    )
    from .ocr import (
        OcrClient as OcrClient,
    )
    from .rerank import (
        RerankClient as RerankClient,
    )
    from .speech import (
        SpeechClient as SpeechClient,
        SpeechStream as SpeechStream,
    )
    from .transcription import (
        TimedText as TimedText,
        Transcription as Transcription,
        TranscriptionClient as TranscriptionClient,
        TranscriptionDelta as TranscriptionDelta,
        TranscriptionStream as TranscriptionStream,
    )
    from .videos import (
        VideoClient as VideoClient,
        VideoResponse as VideoResponse,
    )

_WHERE = {
    "GeneratedImage": ".content",
    "GeneratedVideo": ".content",
    "ImageClient": ".images",
    "ImageResponse": ".images",
    "ImageStream": ".images",
    "Job": ".job",
    "JobStatus": ".job",
    "MediaContent": ".content",
    "MediaFile": "ai_lib.request.operations.media",
    "ModerationClient": ".moderation",
    "ModerationResponse": "ai_lib.operations.response",
    "ModerationResult": "ai_lib.operations.response",
    "OcrClient": ".ocr",
    "OcrImage": "ai_lib.operations.response",
    "OcrPage": "ai_lib.operations.response",
    "OcrResponse": "ai_lib.operations.response",
    "OperationClient": ".client",
    "OperationClientBuilder": ".builder",
    "OperationResponse": "ai_lib.operations.response",
    "RankedDocument": "ai_lib.operations.response",
    "RerankClient": ".rerank",
    "RerankOptions": "ai_lib.request.operations.options",
    "RerankResponse": "ai_lib.operations.response",
    "SpeechClient": ".speech",
    "SpeechResponse": "ai_lib.operations.response",
    "SpeechStream": ".speech",
    "SttOptions": "ai_lib.request.operations.options",
    "TimedText": ".transcription",
    "Transcription": ".transcription",
    "TranscriptionClient": ".transcription",
    "TranscriptionDelta": ".transcription",
    "TranscriptionStream": ".transcription",
    "TtsOptions": "ai_lib.request.operations.options",
    "VideoClient": ".videos",
    "VideoResponse": ".videos",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
