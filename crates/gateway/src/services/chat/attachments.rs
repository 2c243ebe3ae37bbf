//! Images and files of a message, told apart by their bytes.

use crate::error::ApiError;
use data_encoding::BASE64;
use domain::{Blob, Part};
use protocol::methods::chat::AttachmentInput;

/// Most images and files of one message.
const MAX_PIECES: usize = 16;

/// Most decoded bytes of all of one message; `policy.attachments.maxBytes`.
pub(crate) const MAX_BYTES: usize = 20 * 1024 * 1024;

/// Most decoded bytes of one image; `policy.attachments.maxImageBytes`.
pub(crate) const MAX_IMAGE_BYTES: usize = 10 * 1024 * 1024;

/// Reads the attachments of a message.
///
/// # Errors
/// [`ApiError`] names the attachment and what is wrong with it.
pub(super) fn read(attachments: &[AttachmentInput]) -> Result<Vec<Part>, ApiError> {
    if attachments.len() > MAX_PIECES {
        return Err(ApiError::invalid(format!(
            "a message has at most {MAX_PIECES} attachments"
        )));
    }
    let mut total = 0;
    attachments
        .iter()
        .enumerate()
        .map(|(at, attachment)| {
            let name = match attachment.file_name.as_deref().map(str::trim) {
                Some(name) if !name.is_empty() => name.chars().take(128).collect(),
                Some(_) | None => format!("attachment {}", at + 1),
            };
            read_one(attachment, &name, &mut total)
        })
        .collect()
}

fn read_one(attachment: &AttachmentInput, name: &str, total: &mut usize) -> Result<Part, ApiError> {
    let wrong = |what: String| ApiError::invalid(format!("attachment {name}: {what}"));
    let base64 = match attachment.content.split_once(";base64,") {
        Some((head, data)) if head.starts_with("data:") => data,
        Some(_) | None => attachment.content.as_str(),
    };
    let bytes = BASE64
        .decode(base64.as_bytes())
        .map_err(|_| wrong("`content` must be base64 or a data: URL with base64".to_owned()))?;
    if bytes.is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    *total += bytes.len();
    if *total > MAX_BYTES {
        return Err(wrong(format!(
            "all attachments of a message have at most {} MB together",
            MAX_BYTES / 1024 / 1024
        )));
    }
    let data = || Blob(base64.into());
    match sniff(&bytes) {
        Some(media_type) if media_type.starts_with("image/") => {
            if bytes.len() > MAX_IMAGE_BYTES {
                let most = MAX_IMAGE_BYTES / 1024 / 1024;
                return Err(wrong(format!("an image has at most {most} MB")));
            }
            Ok(Part::Image {
                media_type: media_type.to_owned(),
                data: data(),
            })
        }
        Some(media_type) => Ok(Part::File {
            media_type: media_type.to_owned(),
            name: Some(name.to_owned()),
            data: data(),
        }),
        None => match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => Ok(Part::Text {
                text: format!("[{name}]\n{text}\n"),
            }),
            Ok(_) | Err(_) => Err(wrong(
                "its kind is not known; send PNG, JPEG, GIF, WebP, PDF, WAV, MP3, MP4, WebM or text"
                    .to_owned(),
            )),
        },
    }
}

/// The media type by the first bytes; what a client says about it does not count.
fn sniff(bytes: &[u8]) -> Option<&'static str> {
    let inner = |at: usize, mark: &[u8]| bytes.get(at..at + mark.len()) == Some(mark);
    Some(match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] if inner(8, b"WEBP") => "image/webp",
        [b'R', b'I', b'F', b'F', ..] if inner(8, b"WAVE") => "audio/wav",
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3 | 0xf2, ..] => "audio/mpeg",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "video/webm",
        _ if inner(4, b"ftyp") => "video/mp4",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attached(bytes: &[u8], mime: &str) -> Result<Part, ApiError> {
        let attachment = AttachmentInput {
            mime_type: Some(mime.to_owned()),
            file_name: Some("a.bin".to_owned()),
            content: BASE64.encode(bytes),
            kind: None,
        };
        read(&[attachment]).map(|mut parts| parts.remove(0))
    }

    #[test]
    fn the_bytes_decide_what_an_attachment_is() {
        let png = attached(b"\x89PNG\r\n\x1a\n....", "application/pdf").unwrap();
        assert!(matches!(png, Part::Image { media_type, .. } if media_type == "image/png"));
        let pdf = attached(b"%PDF-1.7", "image/png").unwrap();
        assert!(matches!(pdf, Part::File { media_type, .. } if media_type == "application/pdf"));
        let text = attached("grüß".as_bytes(), "image/png").unwrap();
        assert!(matches!(text, Part::Text { text } if text == "[a.bin]\ngrüß\n"));
    }

    #[test]
    fn what_no_model_reads_is_refused() {
        for bytes in [b"\xff\xfe\x00\x01".as_slice(), b"PK\x03\x04\0\xff", b""] {
            assert!(attached(bytes, "image/png").is_err(), "{bytes:?}");
        }
        let mut big = vec![0; MAX_IMAGE_BYTES + 1];
        big.splice(..4, *b"\x89PNG");
        let error = attached(&big, "image/png").unwrap_err();
        assert!(error.message.contains("a.bin"), "{}", error.message);
        let url = AttachmentInput {
            content: "https://example.com/a.png".to_owned(),
            ..AttachmentInput::default()
        };
        assert!(read(&[url]).is_err());
    }
}
