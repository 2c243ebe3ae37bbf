//! `openclaw onboard --non-interactive`

use super::Sandbox;

const QUIET: [&str; 3] = ["onboard", "--non-interactive", "--json"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    QUIET.iter().chain(more).copied().collect()
}

#[test]
fn an_empty_home_becomes_a_working_one() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&with(&["--accept-risk", "--mode", "local"]));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let said = ran.json();
    assert_eq!(said["ok"], true);
    assert_eq!(said["mode"], "local");
    assert_eq!(said["authChoice"], "auto");
    assert_eq!(said["gateway"]["authMode"], "token");
    assert_eq!(said["gateway"]["bind"], "loopback");
    assert_eq!(said["gateway"]["port"], sandbox.port);
    assert_eq!(said["chatCompletions"], false);
    assert_eq!(
        said["workspace"],
        sandbox.state("workspace").display().to_string()
    );
    assert_eq!(
        said["database"],
        sandbox.state("state.db").display().to_string()
    );
    assert_eq!(said["testMessage"]["ok"], true);
    assert_eq!(said["testMessage"]["model"], said["model"]);
    assert!(!said["testMessage"]["text"].as_str().unwrap().is_empty());
    assert_eq!(sandbox.mode(""), 0o700);
    for name in ["gateway.token", "openclaw.json", "state.db"] {
        assert_eq!(sandbox.mode(name), 0o600, "{name}");
    }
    let token = sandbox.read("gateway.token");
    assert!(token.trim().len() >= 43, "256 bits need 43 letters");
    assert!(!sandbox.read("openclaw.json").contains(token.trim()));
    let mode = sandbox.run(&["config", "get", "gateway.auth.mode"]);
    assert_eq!(mode.out, "token\n");
    for file in ["AGENTS", "SOUL", "TOOLS", "IDENTITY", "USER", "HEARTBEAT"] {
        assert!(
            !sandbox
                .read(&format!("workspace/{file}.md"))
                .trim()
                .is_empty(),
            "{file}"
        );
    }
    assert_eq!(sandbox.run(&["gateway", "token"]).out, token);
}

#[test]
fn running_it_again_keeps_what_is_there() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&QUIET).code, 0);
    let token = sandbox.read("gateway.token");
    std::fs::write(sandbox.state("workspace/SOUL.md"), "mine").unwrap();
    let text = "// hands off\n{ gateway: { port: 4000, auth: { mode: 'token' } } }\n";
    std::fs::write(sandbox.state("openclaw.json"), text).unwrap();
    let ran = sandbox.run(&with(&["--skip-health"]));
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(ran.json()["skipHealth"], true);
    assert_eq!(ran.json()["testMessage"], serde_json::Value::Null);
    assert_eq!(sandbox.read("openclaw.json"), text);
    assert_eq!(sandbox.read("workspace/SOUL.md"), "mine");
    assert_eq!(sandbox.read("gateway.token"), token);
}

#[test]
fn a_typed_key_goes_to_the_secrets_file_and_not_to_the_settings() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&with(&[
        "--auth-choice",
        "custom-api-key",
        "--custom-base-url",
        "http://127.0.0.1:9/v1",
        "--custom-model-id",
        "m",
        "--custom-api-key",
        "canary-key",
        "--skip-health",
    ]));
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_eq!(ran.json()["model"], "custom/m");
    assert!(!ran.out.contains("canary"));
    assert!(!sandbox.read("openclaw.json").contains("canary"));
    assert!(sandbox.read("secrets.json").contains("canary-key"));
    assert_eq!(sandbox.mode("secrets.json"), 0o600);
    let ran = sandbox.run(&["config", "get", "models.providers.custom.apiKey"]);
    assert_eq!(ran.json()["source"], "file");
}

#[test]
fn a_key_of_the_environment_becomes_a_reference() {
    let sandbox = Sandbox::new().with("OPENAI_API_KEY", "canary-key");
    let ran = sandbox.run(&with(&["--auth-choice", "openai-api-key", "--skip-health"]));
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(
        ran.json()["model"].as_str().unwrap().starts_with("openai/"),
        "{}",
        ran.out
    );
    let reference = sandbox
        .run(&["config", "get", "models.providers.openai.apiKey"])
        .json();
    assert_eq!(reference["source"], "env");
    assert_eq!(reference["id"], "OPENAI_API_KEY");
    assert!(!sandbox.state("secrets.json").try_exists().unwrap());
}

#[test]
fn a_test_message_that_fails_is_told() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&with(&[
        "--custom-base-url",
        "http://127.0.0.1:9/v1",
        "--custom-model-id",
        "m",
    ]));
    assert_eq!(ran.code, 1, "{}", ran.out);
    let said = ran.json();
    assert_eq!(
        (&said["ok"], &said["testMessage"]["ok"]),
        (&false.into(), &false.into())
    );
    assert!(!said["testMessage"]["error"].as_str().unwrap().is_empty());
}

#[test]
fn options_end_up_in_the_settings() {
    let sandbox = Sandbox::new();
    let workspace = sandbox.state("elsewhere").display().to_string();
    let ran = sandbox.run(&with(&[
        "--auth-choice",
        "offline",
        "--workspace",
        &workspace,
        "--gateway-port",
        "4321",
        "--gateway-bind",
        "loopback",
        "--gateway-auth",
        "password",
        "--gateway-password",
        "canary-correct-horse",
        "--enable-chat-completions",
        "--skip-health",
    ]));
    assert_eq!(ran.code, 0, "{}", ran.out);
    let said = ran.json();
    assert_eq!(said["workspace"], workspace);
    assert_eq!(said["chatCompletions"], true);
    assert_eq!(said["gateway"]["authMode"], "password");
    assert_eq!(said["model"], "offline/demo");
    assert!(!sandbox.read("openclaw.json").contains("canary"));
    assert_eq!(
        sandbox.run(&["config", "get", "gateway.port"]).out,
        "4321\n"
    );
}

#[test]
fn what_would_leave_the_gateway_open_is_refused_before_anything_is_written() {
    let sandbox = Sandbox::new();
    for args in [
        &["--gateway-bind", "lan", "--gateway-token", "short"][..],
        &[
            "--gateway-bind",
            "lan",
            "--gateway-auth",
            "password",
            "--gateway-password",
            "short",
        ],
    ] {
        let ran = sandbox.run(&with(args));
        assert_eq!(ran.code, 78, "{}", ran.out);
        assert_eq!(ran.json()["error"]["code"], "INSECURE");
        assert!(!sandbox.state("openclaw.json").try_exists().unwrap());
        assert!(!sandbox.state("gateway.token").try_exists().unwrap());
    }
}

#[test]
fn wrong_options_say_what_to_write() {
    let sandbox = Sandbox::new();
    for (args, hint) in [
        (&["--auth-choice", "nonsense"][..], "openai"),
        (&["--auth-choice", "openai"], "OPENAI_API_KEY"),
        (&["--auth-choice", "custom-api-key"], "--custom-base-url"),
        (&["--gateway-auth", "password"], "--gateway-password"),
        (&["--mode", "remote"], "--url"),
    ] {
        let ran = sandbox.run(&with(args));
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.out);
        assert!(ran.out.contains(hint), "{args:?}: {}", ran.out);
    }
    let ran = sandbox.run(&["onboard"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--non-interactive"), "{}", ran.err);
    assert!(!sandbox.state("").try_exists().unwrap());
}

#[test]
fn the_price_of_an_own_server_is_written_as_a_number() {
    let own = [
        "--custom-base-url",
        "https://llm.example.com/v1",
        "--custom-model-id",
        "m",
        "--skip-health",
    ];
    let price = |input: &'static str| {
        let given = ["--custom-input-price", input, "--custom-output-price", "2"];
        with(&[&own[..], &given].concat())
    };
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&price("0.50"));
    assert_eq!(ran.code, 0, "{}", ran.out);
    let cost = sandbox
        .run(&["config", "get", "models.providers.custom.cost"])
        .json();
    assert_eq!(cost, serde_json::json!({ "input": 0.5, "output": 2 }));
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&price("five"));
    assert_eq!(ran.code, 2, "{ran:?}");
    let said = format!("{}{}", ran.out, ran.err);
    assert!(
        said.contains("--custom-input-price") && said.contains("such as 2 or 0.50"),
        "{said}"
    );
    assert!(!sandbox.state("openclaw.json").try_exists().unwrap());
}
