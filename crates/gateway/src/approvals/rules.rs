//! The rules under which nobody is asked, read and replaced by clients.

use super::desk::Desk;
use crate::error::ApiError;
use ::tools::exec::{FileError, Held};
use protocol::ErrorCode;
use protocol::methods::approvals::{ExecApprovalsReply, ExecApprovalsSetParams, ExecDefaults};

impl Desk {
    /// The rules of the gateway's machine.
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub(crate) fn rules(&self) -> Result<ExecApprovalsReply, ApiError> {
        self.file
            .read()
            .map(|held| self.reply(&held))
            .map_err(|error| refused(&error))
    }

    /// Replaces them.
    ///
    /// # Errors
    /// They are none, somebody else was faster, or the file cannot be written.
    pub(crate) fn set_rules(
        &self,
        params: ExecApprovalsSetParams,
    ) -> Result<ExecApprovalsReply, ApiError> {
        let base = params.base_hash.as_deref();
        let held = self
            .file
            .replace(params.file, base)
            .map_err(|error| refused(&error))?;
        Ok(self.reply(&held))
    }

    fn reply(&self, held: &Held) -> ExecApprovalsReply {
        ExecApprovalsReply {
            path: self.file.path().display().to_string(),
            exists: held.exists,
            file: held.shown(),
            hash: held.hash.clone(),
            resolved_defaults: ExecDefaults {
                security: "allowlist".to_owned(),
                ask: "on-miss".to_owned(),
                ask_fallback: "deny".to_owned(),
                auto_allow_skills: false,
            },
        }
    }
}

pub(super) fn refused(error: &FileError) -> ApiError {
    let message = error.to_string();
    match error {
        FileError::Stale | FileError::NoBase => ApiError::invalid(message).with_reason("conflict"),
        FileError::Invalid(_) => {
            ApiError::invalid(format!("invalid exec.approvals.set params: {message}"))
        }
        FileError::Broken { .. } | FileError::Io { .. } => {
            ApiError::new(ErrorCode::Unavailable, message)
        }
    }
}
