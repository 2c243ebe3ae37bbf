//! Whether a secret can keep strangers out.

use crate::net::auth::Access;
use secrecy::{ExposeSecret as _, SecretString};

/// Shortest token another machine may try.
const MIN_TOKEN: usize = 24;
/// Shortest password another machine may try.
const MIN_PASSWORD: usize = 12;
/// Fewest different characters of a token that counts as random.
const MIN_VARIETY: usize = 10;

/// Parts of the secrets in examples, tutorials and templates, in lower case without separators.
const PLACEHOLDERS: [&str; 34] = [
    "changeme",
    "changethis",
    "changeit",
    "replaceme",
    "replacethis",
    "replacewith",
    "placeholder",
    "yourtoken",
    "yourpassword",
    "yoursecret",
    "yourgateway",
    "yourapikey",
    "mytoken",
    "mypassword",
    "mysecret",
    "secrettoken",
    "sometoken",
    "somesecret",
    "sampletoken",
    "exampletoken",
    "examplesecret",
    "testtoken",
    "dummytoken",
    "gatewaytoken",
    "openclawtoken",
    "supersecret",
    "topsecret",
    "password",
    "passw0rd",
    "letmein",
    "insertyour",
    "putyour",
    "generatea",
    "longrandom",
];

/// Whether a token cannot be guessed: long, and of many different characters.
pub(in crate::net) fn is_strong_token(secret: &SecretString) -> bool {
    let text = secret.expose_secret();
    text.len() >= MIN_TOKEN && variety(text) >= MIN_VARIETY && !is_placeholder(text)
}

/// Refuses what must not face a network, and warns of the same on loopback.
///
/// Source: security specification, P2.
pub(super) fn judge(
    access: &Access,
    is_exposed: bool,
    refusals: &mut Vec<String>,
    warnings: &mut Vec<String>,
) {
    let Some(weakness) = weakness(access) else {
        return;
    };
    if is_exposed {
        refusals.push(format!(
            "{weakness}; required because gateway.bind is not loopback"
        ));
    } else if !matches!(access, Access::Open) {
        warnings.push(weakness);
    }
}

fn weakness(access: &Access) -> Option<String> {
    let (name, secret, least) = match access {
        Access::Token(secret) => ("token", secret.expose_secret(), MIN_TOKEN),
        Access::Password(secret) => ("password", secret.expose_secret(), MIN_PASSWORD),
        Access::Open => {
            return Some("gateway.auth.mode: none lets everybody in; choose token".to_owned());
        }
        Access::Proxy(_) => return None,
    };
    let setting = format!("gateway.auth.{name}");
    if secret.chars().count() < least {
        return Some(format!("{setting}: use at least {least} characters"));
    }
    if is_placeholder(secret) {
        return Some(format!(
            "{setting}: this is a well-known example; use one of your own"
        ));
    }
    None
}

/// Whether it is an example somebody forgot to replace.
fn is_placeholder(secret: &str) -> bool {
    let plain: String = secret
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let is_counting = plain.len() > 3
        && plain.as_bytes().windows(2).all(|pair| match pair {
            [a, b] => b.wrapping_sub(*a) <= 1 || (*a == b'9' && *b == b'0'),
            _ => true,
        });
    is_counting || variety(secret) < 5 || PLACEHOLDERS.iter().any(|known| plain.contains(known))
}

/// How many different characters it has.
fn variety(secret: &str) -> usize {
    let mut seen: Vec<char> = secret.chars().collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strong_token_is_long_varied_and_nobodys_example() {
        for (token, is_strong) in [
            ("f3a9c17be2d84650a1b2c3d4e5f60718", true),
            ("Xq7-Rm2_Zk9.Wp4+Ls8=Tn3/", true),
            ("Xq7-Rm2_Zk9.Wp4+Ls8=Tn3", false),
            ("abababababababababababababab", false),
            ("0123456789012345678901234567", false),
            ("replace-me-9f8e7d6c5b4a39281706", false),
            ("Your_Gateway_Token_9f8e7d6c5b4a", false),
        ] {
            assert_eq!(is_strong_token(&token.into()), is_strong, "{token}");
        }
    }
}
