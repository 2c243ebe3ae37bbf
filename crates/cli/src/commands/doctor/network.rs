//! The port and the secret that guards it.

use super::Repair;
use super::finding::Finding;
use crate::access::Known;
use crate::door;
use crate::home::Home;
use config::Document;
use gateway::{Settings, token};
use std::io::ErrorKind;

const PORT: &str = "port";
const TOKEN: &str = "token";
const LOGIN: &str = "login";

/// Whether the port is free, unless our own gateway has it.
pub(super) async fn port(home: &Home) -> Vec<Finding> {
    if !matches!(state::lock::holder(home.state_dir()), Ok(None)) {
        return Vec::new();
    }
    let port = Known::of(home).port();
    let number = port.number;
    vec![
        match tokio::net::TcpListener::bind(("127.0.0.1", number)).await {
            Ok(_) => Finding::fine(PORT, format_args!("{number} is free")),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                Finding::error(PORT, format_args!("{number} is used by another program"))
                    .fix("openclaw config set gateway.port <another>, or end the other program")
            }
            Err(error) => Finding::error(PORT, format_args!("cannot listen on {number}: {error}"))
                .fix("openclaw config set gateway.port <another>"),
        },
    ]
}

/// Whether a start would be refused, or should be.
pub(super) async fn door(home: &Home, document: &Document, settings: &Settings) -> Vec<Finding> {
    let secrets = match door::secrets(home, document, settings).await {
        Ok(secrets) => secrets,
        Err(failure) => {
            let finding = Finding::error(LOGIN, failure.message());
            return vec![
                finding.fix("set what it refers to, or: openclaw config unset gateway.auth"),
            ];
        }
    };
    let fix = "openclaw config set gateway.bind loopback, or use a longer secret";
    match door::judge(settings, document.env(), secrets) {
        Ok(warnings) => warnings
            .into_iter()
            .map(|warning| Finding::warning(LOGIN, warning))
            .collect(),
        Err(refusals) => refusals
            .into_iter()
            .map(|refusal| Finding::error(LOGIN, refusal).fix(fix))
            .collect(),
    }
}

/// Whether there is a token, where one is needed.
pub(super) fn token(home: &Home, repair: Repair) -> Vec<Finding> {
    let known = Known::of(home);
    if known.auth_mode() != "token" || known.has_token(home) {
        return vec![Finding::fine(
            TOKEN,
            format_args!("login by {}, as configured", known.auth_mode()),
        )];
    }
    let path = token::path(home.state_dir());
    let present = match path.try_exists() {
        Ok(present) => present,
        Err(error) => {
            return vec![Finding::error(
                TOKEN,
                format_args!("{}: {error}", path.display()),
            )];
        }
    };
    if !present && repair == Repair::No {
        return vec![Finding::fine(TOKEN, "none yet; the first start makes one")];
    }
    vec![match if present {
        token::load(home.state_dir()).map(|_| ())
    } else {
        token::ensure(home.state_dir()).map(|_| ())
    } {
        Ok(()) => Finding::fine(TOKEN, format_args!("in {}", path.display())),
        Err(error) => Finding::error(TOKEN, format_args!("{}: {error}", path.display()))
            .fix(format!("rm {} and start again", path.display())),
    }]
}
