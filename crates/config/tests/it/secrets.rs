use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use config::secret::{Resolver, SecretError};
use config::{Env, SecretInput, SecretsSettings};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::home::Home;

fn input(value: Value) -> SecretInput {
    serde_json::from_value(value).unwrap()
}

fn reference(source: &str, provider: &str, id: &str) -> SecretInput {
    input(json!({"source": source, "provider": provider, "id": id}))
}

fn resolver(settings: Value, env: &[(&str, &str)], home: &Path) -> Resolver {
    let settings: SecretsSettings = serde_json::from_value(settings).unwrap();
    let env: Env = env.iter().copied().collect();
    Resolver::new(&settings, &env, home)
}

async fn ask(resolver: &Resolver, secret: &SecretInput) -> Result<String, SecretError> {
    resolver
        .resolve(secret)
        .await
        .map(|secret| secret.expose_secret().to_owned())
}

/// Copies the script with a program of its own: a file that this process has open for writing
/// cannot be run while another test forks.
fn vault(home: &Home) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/vault.sh");
    let target = home.path().join("vault");
    let status = std::process::Command::new("install")
        .args(["-m", "700"])
        .args([&script, &target])
        .status()
        .unwrap();
    assert!(status.success());
    target
}

fn exec(home: &Home, mode: &str, more: &Value) -> Resolver {
    let pid = home.path().join("pid").display().to_string();
    let mut provider = json!({
        "source": "exec", "command": vault(home), "passEnv": ["PATH", "VAULT_TOKEN"],
        "env": {"VAULT_MODE": mode, "VAULT_PID": pid}, "timeoutMs": 5000,
    });
    let provider_members = provider.as_object_mut().unwrap();
    provider_members.extend(more.as_object().unwrap().clone());
    let path = std::env::var_os("PATH").unwrap().into_string().unwrap();
    let env = [
        ("PATH", path.as_str()),
        ("VAULT_TOKEN", "tok"),
        ("HIDDEN", "x"),
    ];
    resolver(
        json!({"providers": {"vault": provider}}),
        &env,
        &home.path(),
    )
}

#[tokio::test]
async fn inline_and_environment() {
    let home = Home::new();
    let settings = json!({"providers": {"few": {"source": "env", "allowlist": ["A"]}, "none": {"source": "env", "allowlist": []}}});
    let resolver = resolver(
        settings,
        &[("A", "one"), ("B", "two"), ("BLANK", " ")],
        &home.path(),
    );
    let good = [
        (input(json!("text")), "text"),
        (reference("env", "default", "B"), "two"),
        (reference("env", "few", "A"), "one"),
        (input(json!({"source": "env", "id": "A"})), "one"),
    ];
    for (secret, expected) in good {
        assert_eq!(ask(&resolver, &secret).await.unwrap(), expected);
    }
    let bad = [
        (
            input(json!("${GONE}")),
            "secret ${GONE}: environment variable GONE is not set",
        ),
        (
            input(json!("Bearer ${GONE}")),
            "secret ${GONE}: environment variable GONE is not set",
        ),
        (input(json!("")), "secret written in the settings: is empty"),
        (
            reference("env", "default", "BLANK"),
            "secret env:default:BLANK: is empty",
        ),
        (
            reference("env", "default", "GONE"),
            "secret env:default:GONE: environment variable GONE is not set",
        ),
        (
            reference("env", "few", "B"),
            "secret env:few:B: B is not in the provider's allowlist",
        ),
        (
            reference("env", "none", "A"),
            "secret env:none:A: A is not in the provider's allowlist",
        ),
        (
            reference("file", "default", "value"),
            "secret file:default:value: there is no provider \"default\"; add secrets.providers.default",
        ),
        (
            reference("file", "few", "value"),
            "secret file:few:value: secrets.providers.few is not of source \"file\"",
        ),
    ];
    for (secret, expected) in bad {
        assert_eq!(
            ask(&resolver, &secret).await.unwrap_err().to_string(),
            expected
        );
    }
}

#[tokio::test]
async fn files_must_be_private() {
    let home = Home::new();
    let private = |name: &str, text: &str| {
        let path = home.write(name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let json_file = private("s.json", r#"{"a": {"b/c": "deep", "n": 1}}"#);
    private("one", "value\n");
    private("broken", "{canary");
    let settings = json!({"providers": {
        "main": {"source": "file", "path": json_file},
        "one": {"source": "file", "path": "one", "mode": "singleValue"},
        "small": {"source": "file", "path": "s.json", "maxBytes": 5},
        "gone": {"source": "file", "path": "gone"},
        "broken": {"source": "file", "path": "broken"},
        "folder": {"source": "file", "path": "."},
    }, "defaults": {"file": "main"}});
    let resolver = resolver(settings, &[], &home.path());
    let id = "/a/b~1c";
    assert_eq!(
        ask(&resolver, &reference("file", "main", id))
            .await
            .unwrap(),
        "deep"
    );
    assert_eq!(
        ask(&resolver, &input(json!({"source": "file", "id": id})))
            .await
            .unwrap(),
        "deep"
    );
    assert_eq!(
        ask(&resolver, &reference("file", "one", "value"))
            .await
            .unwrap(),
        "value"
    );
    let bad = [
        ("main", "/a/n"),
        ("main", "/x"),
        ("main", "value"),
        ("one", "/a"),
        ("small", id),
        ("gone", id),
        ("broken", id),
        ("folder", id),
    ];
    for (provider, id) in bad {
        let error = ask(&resolver, &reference("file", provider, id))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("secret file:{provider}:{id}: ")),
            "{error}"
        );
        assert!(
            !error.contains("deep") && !error.contains("canary"),
            "{error}"
        );
    }
    std::fs::set_permissions(&json_file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = ask(&resolver, &reference("file", "main", id))
        .await
        .unwrap_err();
    assert!(matches!(error, SecretError::Refused { .. }));
    assert!(error.to_string().contains("run: chmod 600 "), "{error}");
}

#[tokio::test]
async fn a_program_is_asked() {
    let home = Home::new();
    let secret = reference("exec", "vault", "a/b");
    let found = ask(&exec(&home, "good", &json!({})), &secret)
        .await
        .unwrap();
    assert_eq!(found, "s3cret-tok");
    let question = ask(&exec(&home, "echo", &json!({})), &secret)
        .await
        .unwrap();
    assert_eq!(question, "{protocolVersion:1,provider:vault,ids:[a/b]}");
    let text = ask(&exec(&home, "text", &json!({"jsonOnly": false})), &secret)
        .await
        .unwrap();
    assert_eq!(text, "plain-secret");
    let names = ask(&exec(&home, "environment", &json!({})), &secret)
        .await
        .unwrap();
    assert!(
        names.contains("VAULT_TOKEN") && !names.contains("HIDDEN"),
        "{names}"
    );
    assert!(!names.contains("HOME"), "{names}");
}

#[tokio::test]
async fn a_program_that_misbehaves_gives_no_secret() {
    let home = Home::new();
    let table = [
        ("missing", json!({}), "the program says NOT_FOUND"),
        (
            "version",
            json!({}),
            "the program speaks protocol version 2, not 1",
        ),
        (
            "text",
            json!({}),
            "the answer is not the JSON that was asked for (line 1, column 1)",
        ),
        (
            "broken",
            json!({}),
            "the answer is not the JSON that was asked for",
        ),
        (
            "flood",
            json!({"maxOutputBytes": 1000}),
            "the answer is longer than 1000 bytes",
        ),
        ("fail", json!({}), "failed: exit status: 3"),
        ("hang", json!({"timeoutMs": 200}), "did not answer in time"),
        (
            "hang",
            json!({"noOutputTimeoutMs": 200}),
            "the program fell silent",
        ),
    ];
    let secret = reference("exec", "vault", "a/b");
    for (mode, more, expected) in table {
        let begun = Instant::now();
        let error = ask(&exec(&home, mode, &more), &secret)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("secret exec:vault:a/b: "), "{error}");
        assert!(error.contains(expected), "{mode}: {error}");
        assert!(!error.contains("canary"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{mode}");
    }
    // The child of the hanging script is gone too.
    let pid = std::fs::read_to_string(home.path().join("pid")).unwrap();
    let gone = || {
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        state.map_or(true, |state| state.contains(") Z "))
    };
    for _ in 0..100 {
        if gone() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("process {pid} is still there");
}

#[tokio::test]
async fn programs_that_others_control_are_not_run() {
    let home = Home::new();
    let secret = reference("exec", "vault", "a/b");
    let real = vault(&home);
    let link = home.path().join("link");
    symlink(&real, &link).unwrap();
    let table = [
        (json!({"command": "vault"}), "must be an absolute path"),
        (json!({"command": link}), "is a symbolic link"),
        (json!({"command": home.path()}), "is not a regular file"),
        (
            json!({"command": home.path().join("gone")}),
            "cannot look at",
        ),
        (
            json!({"trustedDirs": ["/nowhere"]}),
            "is not in one of trustedDirs",
        ),
        (json!({"trustedDirs": []}), "is not in one of trustedDirs"),
    ];
    for (more, expected) in table {
        let error = ask(&exec(&home, "good", &more), &secret)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    let trusted =
        json!({"command": link, "allowSymlinkCommand": true, "trustedDirs": [home.path()]});
    assert!(ask(&exec(&home, "good", &trusted), &secret).await.is_ok());
    let resolver = exec(&home, "good", &json!({}));
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o777)).unwrap();
    let error = ask(&resolver, &secret).await.unwrap_err().to_string();
    assert!(
        error.contains("can be changed by other users; run: chmod go-w"),
        "{error}"
    );
}
