//! Gemini `generateContent` and `streamGenerateContent`: request, answer, error.
//!
//! An answer is one object; a streamed one is a row of such objects, each with what is new. Unknown
//! fields are ignored and absent ones are `None`. Texts borrow from the bytes they were read from
//! wherever JSON allows it, so read with `serde_json::from_slice` or `from_str`.
//!
//! Source: Gemini API reference, `models.generateContent`, and its guides to function calling,
//! thinking and thought signatures.

mod answer;
mod error;
mod request;

pub use answer::{
    Answer, AnswerContent, AnswerPart, Candidate, FunctionCall, ModalityTokens, PromptFeedback,
    UsageMetadata,
};
pub use error::{ErrorBody, ErrorDetail, Status};
pub use request::{
    Blob, CallingMode, Content, FunctionCalled, FunctionCallingConfig, FunctionDeclaration,
    FunctionResponse, FunctionResult, GenerateRequest, GenerationConfig, Part, Role,
    ThinkingConfig, Tool, ToolConfig,
};
