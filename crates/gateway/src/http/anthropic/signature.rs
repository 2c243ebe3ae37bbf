//! State of a provider as the opaque text clients of this dialect carry from turn to turn.
//!
//! The text names the provider it belongs to, so that a conversation that moved to another one
//! never sends it there.

use domain::{ProviderId, ProviderState};

/// What our texts begin with.
const MARK: &str = "oc1.";

/// The text for a state.
pub(super) fn write(state: &ProviderState) -> String {
    // Neither a provider's id nor a kind holds a dot's place: both are escaped.
    format!(
        "{MARK}{}.{}.{}",
        escaped(state.provider.as_str()),
        escaped(&state.kind),
        state.data
    )
}

/// The state of a text we wrote; `None` for any other.
pub(super) fn read(text: &str) -> Option<ProviderState> {
    let mut fields = text.strip_prefix(MARK)?.splitn(3, '.');
    let (provider, kind, data) = (fields.next()?, fields.next()?, fields.next()?);
    Some(ProviderState {
        provider: ProviderId::new(unescaped(provider)),
        kind: unescaped(kind).into(),
        data: data.into(),
    })
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('.', "%2E")
}

fn unescaped(text: &str) -> String {
    text.replace("%2E", ".").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_and_nothing_else_does() {
        let state = ProviderState {
            provider: ProviderId::new("my.provider%2E"),
            kind: "thinking".into(),
            data: "EqQB.abc==".into(),
        };
        assert_eq!(read(&write(&state)), Some(state));
        for foreign in ["", "EqQBCkYIBxgC", "oc1.", "oc1.a.b"] {
            assert_eq!(read(foreign), None, "{foreign:?}");
        }
    }
}
