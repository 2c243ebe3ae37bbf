//! Parts of one turn.

use crate::wire::place::{Checked, Place};

/// What a part may hold, exactly one of them.
const KINDS: [&str; 5] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
];

/// The functions a turn calls and answers, by name.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    pub(super) calls: Vec<&'a str>,
    responses: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    /// Reads the parts of a turn of this role.
    pub(super) fn read(parts: &Place<'a>, role: &str) -> Result<Self, String> {
        let mut read = Self::default();
        for part in parts.some_list()? {
            part.only(&[
                "text",
                "inlineData",
                "fileData",
                "functionCall",
                "functionResponse",
                "thought",
                "thoughtSignature",
                "videoMetadata",
                "mediaResolution",
            ])?;
            part.flag("thought")?;
            let signature = part.get("thoughtSignature");
            if let Some(signature) = &signature {
                signature.base64()?;
                part.must(role == "model", "only the model signs its parts")?;
            }
            let kinds: Vec<&str> = KINDS
                .into_iter()
                .filter(|k| part.get(k).is_some())
                .collect();
            let [kind] = kinds.as_slice() else {
                return Err(part.wrong(format_args!("a part must hold one thing, not {kinds:?}")));
            };
            let inner = part.need(kind)?;
            match *kind {
                // An empty text may carry the signature of a whole answer.
                "text" if signature.is_some() => inner.text().map(drop)?,
                "text" => inner.some_text().map(drop)?,
                "functionCall" => {
                    part.must(role == "model", "only the model calls functions")?;
                    read.calls.push(call(&inner)?);
                }
                "functionResponse" => {
                    part.must(role == "user", "the model does not answer its own calls")?;
                    read.responses.push(response(&inner)?);
                }
                _ => media(&inner)?,
            }
        }
        Ok(read)
    }

    /// Refuses unless exactly the calls of the turn before are answered, by name.
    pub(super) fn answer(&self, content: &Place<'_>, before: &Self) -> Checked {
        content.must(
            self.responses.len() == before.calls.len(),
            format_args!(
                "the number of function responses ({}) must equal that of the function calls of \
                 the turn before ({})",
                self.responses.len(),
                before.calls.len()
            ),
        )?;
        let sorted = |names: &[&'a str]| {
            let mut names = names.to_vec();
            names.sort_unstable();
            names
        };
        content.must(
            sorted(&self.responses) == sorted(&before.calls),
            format_args!(
                "the function responses {:?} do not answer the calls {:?}",
                self.responses, before.calls
            ),
        )
    }
}

fn call<'a>(call: &Place<'a>) -> Result<&'a str, String> {
    call.only(&["name", "args", "id"])?;
    call.object("args")?;
    call.need("name")?.some_text()
}

fn response<'a>(response: &Place<'a>) -> Result<&'a str, String> {
    response.only(&[
        "name",
        "response",
        "id",
        "parts",
        "willContinue",
        "scheduling",
    ])?;
    response.need("response")?;
    response.object("response")?;
    response.need("name")?.some_text()
}

fn media(media: &Place<'_>) -> Checked {
    if let Some(data) = media.get("data") {
        media.only(&["mimeType", "data"])?;
        data.base64()?;
    } else {
        media.only(&["mimeType", "fileUri"])?;
        media.need("fileUri")?.some_text()?;
        return Ok(());
    }
    let kind = media.need("mimeType")?;
    kind.must(kind.text()?.contains('/'), "is no media type")
}
