//! Which files a model reads, and what it gets instead of one it does not.

use crate::MediaKinds;

/// What a model that reads no images gets instead of one.
pub(super) const IMAGE_LEFT_OUT: &str =
    "[an image was left out: this model is not known to read images]";

/// The images the usual providers read.
const IMAGES: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/jpg",
    "image/gif",
    "image/webp",
];

/// Whether an image is of a kind that the usual providers read.
pub(super) fn is_usual_image(media_type: &str) -> bool {
    IMAGES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(media_type))
}

/// What kind of file a media type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A PDF document.
    Document,
    /// Sound.
    Audio,
    /// Video.
    Video,
    /// Anything else.
    Else,
}

/// The kind of a file, by its IANA media type; parameters do not count.
pub(super) fn kind(media_type: &str) -> FileKind {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let starts = |prefix: &str| {
        essence
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if essence.eq_ignore_ascii_case("application/pdf") {
        FileKind::Document
    } else if starts("audio/") {
        FileKind::Audio
    } else if starts("video/") {
        FileKind::Video
    } else {
        FileKind::Else
    }
}

/// Whether a model that reads `media` reads files of this kind.
pub(super) fn reads(media: MediaKinds, kind: FileKind) -> bool {
    match kind {
        FileKind::Document => media.documents,
        FileKind::Audio => media.audio,
        FileKind::Video => media.video,
        FileKind::Else => false,
    }
}

/// What the model gets instead of a file.
pub(super) fn left_out(media_type: &str) -> String {
    let shown: String = media_type
        .chars()
        .filter(char::is_ascii_graphic)
        .take(60)
        .collect();
    format!("[a file of type {shown} was left out: this model is not known to read it]")
}
