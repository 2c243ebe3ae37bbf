//! Images and files inside a request, counted against their limits.

use crate::error::ApiError;
use domain::{Blob, Part};

/// Most images, and most files, of one request. Source: HTTP API, section 1.
const MAX_PIECES: usize = 8;

/// Most decoded bytes of all images and files of one request.
const MAX_BYTES: usize = 20 * 1024 * 1024;

/// Media types of images models take.
const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Media types of files by the end of their names; text is passed on as text.
const BY_NAME: [(&str, &str); 16] = [
    (".pdf", "application/pdf"),
    (".wav", "audio/wav"),
    (".mp3", "audio/mpeg"),
    (".mp4", "video/mp4"),
    (".webm", "video/webm"),
    (".png", "image/png"),
    (".jpg", "image/jpeg"),
    (".jpeg", "image/jpeg"),
    (".gif", "image/gif"),
    (".webp", "image/webp"),
    (".json", "application/json"),
    (".csv", "text/csv"),
    (".md", "text/markdown"),
    (".html", "text/html"),
    (".xml", "application/xml"),
    (".txt", "text/plain"),
];

/// Reads the media of one request.
pub(super) struct Media {
    /// The field of the request they are in, for errors.
    field: &'static str,
    images: usize,
    files: usize,
    bytes: usize,
}

impl Media {
    pub(super) fn new(field: &'static str) -> Self {
        Self {
            field,
            images: 0,
            files: 0,
            bytes: 0,
        }
    }

    /// An image by its address, which must be a `data:` URL.
    pub(super) fn image(&mut self, url: &str) -> Result<Part, ApiError> {
        let field = self.field;
        let invalid = || wrong(field, format!("Invalid image_url content in `{field}`."));
        let (media_type, data) = data_url(url).ok_or_else(invalid)?;
        if !IMAGE_TYPES.contains(&media_type.as_str()) {
            return Err(invalid());
        }
        self.count(data).ok_or_else(invalid)??;
        self.images += 1;
        if self.images > MAX_PIECES {
            return Err(wrong(
                self.field,
                format!("at most {MAX_PIECES} images are accepted in one request"),
            ));
        }
        Ok(Part::Image {
            media_type,
            data: Blob(data.into()),
        })
    }

    /// A file: a `data:` URL, or base64 and a name that tells the type.
    pub(super) fn file(&mut self, data: &str, name: Option<&str>) -> Result<Part, ApiError> {
        let field = self.field;
        let invalid = || {
            let text = format!(
                "Invalid file content in `{field}`: send `file_data` as a data: URL, or as base64 \
                 with a `filename` that ends in .pdf, .txt, .md, .csv, .json, .html, .xml, .wav or \
                 .mp3."
            );
            wrong(field, text)
        };
        let (media_type, data) = match data_url(data) {
            Some(found) => found,
            None if data.starts_with("data:") => return Err(invalid()),
            None => {
                let known = name.map(str::to_ascii_lowercase).and_then(|name| {
                    let row = BY_NAME.iter().find(|(end, _)| name.ends_with(end));
                    row.map(|(_, media_type)| (*media_type).to_owned())
                });
                let media_type = match known {
                    Some(media_type) => media_type,
                    // "%PDF-" in base64
                    None if data.starts_with("JVBERi0") => "application/pdf".to_owned(),
                    None => return Err(invalid()),
                };
                (media_type, data)
            }
        };
        let decoded = self.count(data).ok_or_else(invalid)??;
        self.files += 1;
        if self.files > MAX_PIECES {
            return Err(wrong(
                self.field,
                format!("at most {MAX_PIECES} files are accepted in one request"),
            ));
        }
        let name = name.map(str::to_owned);
        if is_text(&media_type) {
            let text = String::from_utf8(decoded).map_err(|_| invalid())?;
            let name = name.unwrap_or_else(|| "file".to_owned());
            return Ok(Part::Text {
                text: format!("[{name}]\n{text}\n"),
            });
        }
        let data = Blob(data.into());
        if IMAGE_TYPES.contains(&media_type.as_str()) {
            return Ok(Part::Image { media_type, data });
        }
        let readable = media_type == "application/pdf"
            || media_type.starts_with("audio/")
            || media_type.starts_with("video/");
        if !readable {
            return Err(invalid());
        }
        Ok(Part::File {
            media_type,
            name,
            data,
        })
    }

    /// Sound as base64; `format` is `wav` or `mp3`.
    pub(super) fn audio(&mut self, data: &str, format: &str) -> Result<Part, ApiError> {
        match format {
            "wav" => self.file(data, Some("audio.wav")),
            "mp3" => self.file(data, Some("audio.mp3")),
            _ => Err(wrong(
                self.field,
                format!(
                    "Invalid input_audio content in `{}`: `format` must be wav or mp3.",
                    self.field
                ),
            )),
        }
    }

    /// The decoded bytes; `None` when it is not base64.
    fn count(&mut self, data: &str) -> Option<Result<Vec<u8>, ApiError>> {
        let decoded = data_encoding::BASE64.decode(data.as_bytes()).ok()?;
        self.bytes += decoded.len();
        if decoded.is_empty() || self.bytes > MAX_BYTES {
            return Some(Err(wrong(
                self.field,
                "images and files of one request must have between 1 byte and 20 MB together",
            )));
        }
        Some(Ok(decoded))
    }
}

fn wrong(field: &'static str, text: impl Into<String>) -> ApiError {
    ApiError::invalid(text).with_param(field)
}

/// The media type, in lower case, and the base64 text of a `data:` URL.
fn data_url(url: &str) -> Option<(String, &str)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    // Parameters such as a character set say nothing a model needs.
    let media_type = media_type.split(';').next().unwrap_or_default();
    Some((media_type.to_ascii_lowercase(), data))
}

fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/")
        || matches!(
            media_type,
            "application/json" | "application/xml" | "application/yaml" | "application/javascript"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_become_what_models_read() {
        let mut media = Media::new("input");
        let text = media.file("data:text/plain;charset=utf-8;base64,aGk=", Some("a.txt"));
        assert_eq!(
            text.unwrap(),
            Part::Text {
                text: "[a.txt]\nhi\n".to_owned()
            }
        );
        for (data, name, wanted) in [
            ("JVBERi0xLjQK", None, "application/pdf"),
            ("aGk=", Some("REPORT.PDF"), "application/pdf"),
            ("data:audio/mpeg;base64,aGk=", None, "audio/mpeg"),
        ] {
            let Part::File { media_type, .. } = media.file(data, name).unwrap() else {
                panic!("{data} is no file");
            };
            assert_eq!(media_type, wanted);
        }
        assert!(matches!(
            media.audio("aGk=", "wav").unwrap(),
            Part::File { .. }
        ));
        for (data, name) in [
            ("aGk=", None),
            ("aGk=", Some("a.docx")),
            ("data:application/zip;base64,aGk=", None),
            ("data:text/plain,hi", None),
            ("not base64!", Some("a.pdf")),
            ("/w==", Some("a.txt")),
            ("", Some("a.pdf")),
        ] {
            assert!(media.file(data, name).is_err(), "{data} {name:?}");
        }
        assert!(media.audio("aGk=", "ogg").is_err());
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        let mut media = Media::new("input");
        for url in [
            "https://example.com/a.png",
            "file:///etc/passwd",
            "data:image/svg+xml;base64,aGk=",
        ] {
            let error = media.image(url).unwrap_err();
            assert_eq!(error.message, "Invalid image_url content in `input`.");
        }
    }
}
